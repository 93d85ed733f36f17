package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// follower is the announcer's name in the book.
const follower = "discord"

// editEvery is how often one message is edited at most.
const editEvery = time.Second

// speaker is Discord as the announcer needs it. Each method tries until it
// succeeded, was refused for good (*refused), or ctx ended.
type speaker interface {
	post(ctx context.Context, channel string, m message, nonce string) (id string, err error)
	edit(ctx context.Context, channel, id string, m message) error
	direct(ctx context.Context, person string) (channel string, err error)
	thread(ctx context.Context, channel, on, name string) (id string, err error)
}

// announcer follows the ledger and is the only writer to channels. New messages
// are posted in the order of the events, each at least once; edits are held
// back a little, so that a storm of events costs few of them.
type announcer struct {
	book       Book
	reports    Reporter
	out        speaker
	log        *slog.Logger
	now        func() time.Time
	alerts     string
	operations string

	view  *view
	seq   uint64              // the last event that was dealt with
	dirty []*card             // to be edited, longest waiting first
	drawn map[*card]time.Time // when it was last posted or edited
}

// run follows the ledger until ctx ends. Only a book that cannot be read or
// written ends it earlier.
func (a *announcer) run(ctx context.Context) error {
	if err := a.resume(ctx); err != nil {
		return fmt.Errorf("announcer: %w", err)
	}
	for {
		batch, err := a.read(ctx, a.seq+1)
		if err != nil {
			return fmt.Errorf("announcer: %w", err)
		}
		for _, e := range batch {
			if err := a.announce(ctx, e); err != nil {
				return fmt.Errorf("announcer: event %d: %w", e.Seq, err)
			}
		}
		due, err := a.flush(ctx)
		if err != nil {
			return fmt.Errorf("announcer: %w", err)
		}
		if err := a.wait(ctx, due); err != nil {
			return fmt.Errorf("announcer: %w", err)
		}
	}
}

// resume builds the view up to the cursor, and mends what a crash kept from
// being edited.
func (a *announcer) resume(ctx context.Context) error {
	a.view, a.drawn = newView(), map[*card]time.Time{}
	cursor, err := a.book.Cursor(ctx, follower)
	if err != nil {
		return err
	}
	for a.seq < cursor {
		batch, err := a.read(ctx, a.seq+1)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			return fmt.Errorf("the ledger ends at %d, but %d was announced: it is not the ledger of this announcer", a.seq, cursor)
		}
		for _, e := range batch {
			if e.Seq > cursor {
				break
			}
			if _, err := a.view.fold(e); err != nil {
				a.log.Warn("an event was not understood", "err", err)
			}
			a.seq = e.Seq
		}
	}
	a.dirty = a.view.cards()
	return nil
}

var errEnough = errors.New("enough")

// read returns some of the events from a sequence on. Nothing is sent while the
// ledger is being read.
func (a *announcer) read(ctx context.Context, from uint64) ([]round.Event, error) {
	var batch []round.Event
	err := a.book.Replay(ctx, from, func(e round.Event) error {
		batch = append(batch, e)
		if len(batch) == 100 {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return batch, nil
}

// wait returns when there are events, or at due, unless due is zero.
func (a *announcer) wait(ctx context.Context, due time.Time) error {
	if due.IsZero() {
		return a.book.Wait(ctx, a.seq)
	}
	brief, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	if err := a.book.Wait(brief, a.seq); err != nil && (ctx.Err() != nil || brief.Err() == nil) {
		return err
	}
	return nil
}

// announce tells one event, and then moves the cursor. A step that Discord
// refuses for good is marked and left out; it blocks nothing.
func (a *announcer) announce(ctx context.Context, e round.Event) error {
	todo, err := a.view.fold(e)
	if err != nil {
		a.log.Error("an event was not understood and is not announced", "ref", commands.NewRef(), "err", err)
	}
	for _, s := range todo {
		err := a.do(ctx, e, s)
		var no *refused
		if errors.As(err, &no) {
			err = a.skip(ctx, e, s.slot, no)
		}
		if err != nil {
			return err
		}
	}
	a.seq = e.Seq
	return a.book.SetCursor(ctx, follower, e.Seq)
}

// skip leaves a mark where something was not told.
func (a *announcer) skip(ctx context.Context, e round.Event, slot string, why *refused) error {
	ref := commands.NewRef()
	a.log.Error("Discord refused a message; it is left out", "ref", ref, "seq", e.Seq, "kind", e.Kind, "slot", slot, "err", why)
	return a.book.SetNote(ctx, fmt.Sprintf("skipped:%d:%s", e.Seq, slot), ref+" "+why.Error())
}

func (a *announcer) do(ctx context.Context, e round.Event, s step) error {
	switch {
	case s.card != nil:
		return a.show(ctx, e, s)
	case s.line != nil:
		channel, err := a.channel(ctx, s.place)
		if err != nil {
			return err
		}
		_, err = a.out.post(ctx, channel, *s.line, nonce(e, s.slot))
		return err
	case s.report != "":
		return a.report(ctx, e, s)
	}
	return nil
}

func (a *announcer) channel(ctx context.Context, p place) (string, error) {
	switch p.channel {
	case operations:
		return a.operations, nil
	case direct:
		return a.out.direct(ctx, p.person)
	}
	return a.alerts, nil
}

// nonce names a message of an event, in at most 25 characters. The time is in
// it because another ledger's events have the same numbers.
func nonce(e round.Event, slot string) string {
	return strconv.FormatUint(e.Seq, 36) + "-" + strconv.FormatInt(e.At.UnixMilli(), 36) + "-" + slot
}
