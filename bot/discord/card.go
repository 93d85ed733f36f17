package discord

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// show posts a card that is new, and marks one that is there for an edit.
func (a *announcer) show(ctx context.Context, e round.Event, s step) error {
	at, err := a.find(ctx, s.card)
	if err != nil {
		return err
	}
	if at.known {
		if !slices.Contains(a.dirty, s.card) {
			a.dirty = append(a.dirty, s.card)
		}
		return nil
	}
	var no *refused
	err = a.put(ctx, s.card, nonce(e, s.slot))
	if !errors.As(err, &no) {
		return err
	}
	if err := a.book.SetNote(ctx, s.card.key, "-"); err != nil {
		return err
	}
	if len(s.card.instead) == 0 {
		return no
	}
	a.log.Info("a card cannot be posted; its other words are", "card", s.card.key, "err", no)
	for _, other := range s.card.instead {
		if err := a.do(ctx, e, other); err != nil {
			return err
		}
	}
	return nil
}

// put posts a card and remembers its message.
func (a *announcer) put(ctx context.Context, c *card, nonce string) error {
	channel, err := a.channel(ctx, c.place)
	if err != nil {
		return err
	}
	m := c.draw()
	id, err := a.out.post(ctx, channel, m, nonce)
	if err != nil {
		return err
	}
	a.drawn[c] = time.Now()
	return a.remember(ctx, c, posted{channel: channel, message: id, look: look(m)})
}

// flush edits the cards that are due, and says when the next one is.
func (a *announcer) flush(ctx context.Context) (next time.Time, err error) {
	todo := a.dirty
	a.dirty = nil
	for _, c := range todo {
		if due := a.drawn[c].Add(editEvery); time.Now().Before(due) {
			a.dirty = append(a.dirty, c)
			if next.IsZero() || due.Before(next) {
				next = due
			}
			continue
		}
		if err := a.redraw(ctx, c); err != nil {
			return next, err
		}
	}
	return next, nil
}

// redraw edits a card's message, unless it looks right already.
func (a *announcer) redraw(ctx context.Context, c *card) error {
	at, err := a.find(ctx, c)
	if err != nil || at.message == "" {
		return err
	}
	m := c.draw()
	if at.look == look(m) {
		return nil
	}
	err = a.out.edit(ctx, at.channel, at.message, m)
	a.drawn[c] = time.Now()
	var no *refused
	switch {
	case refusedWith(err, codeManyEdits):
		// It is too old to be edited so often: it moves on to a new message.
		err = a.put(ctx, c, "again-"+at.look+"-"+strconv.FormatInt(a.now().Unix()/600, 36))
		if !errors.As(err, &no) {
			return err
		}
	case errors.As(err, &no):
	case err != nil:
		return err
	default:
		at.look = look(m)
		return a.remember(ctx, c, at)
	}
	a.log.Error("Discord refused an edit; this message is not edited any more", "ref", commands.NewRef(), "card", c.key, "err", no)
	return a.book.SetNote(ctx, c.key, "-")
}

// posted is where a card's message is, and what it looked like.
type posted struct {
	known                  bool // also when it could not be posted, and never will be
	channel, message, look string
}

func (a *announcer) find(ctx context.Context, c *card) (posted, error) {
	note, found, err := a.book.Note(ctx, c.key)
	if err != nil || !found {
		return posted{}, err
	}
	parts := strings.Split(note, " ")
	if len(parts) != 3 {
		return posted{known: true}, nil
	}
	return posted{true, parts[0], parts[1], parts[2]}, nil
}

func (a *announcer) remember(ctx context.Context, c *card, at posted) error {
	return a.book.SetNote(ctx, c.key, at.channel+" "+at.message+" "+at.look)
}

// look is a short mark of what a message shows.
func look(m message) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %v %v", m.text, m.embeds, m.buttons)
	return strconv.FormatUint(h.Sum64(), 36)
}
