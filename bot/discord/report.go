package discord

import (
	"context"
	"errors"
	"fmt"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// report opens an incident's post-mortem: a thread on its first alert, with the
// report's pages and the whole of it as a file.
func (a *announcer) report(ctx context.Context, e round.Event, s step) error {
	r, err := a.reports.Report(ctx, s.report)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		ref := commands.NewRef()
		a.log.Error("no post-mortem", "ref", ref, "incident", s.report, "err", err)
		sorry := line("The post-mortem of **%s** could not be written. Ref %s; the operator can look it up.", s.report, ref)
		_, err = a.out.post(ctx, a.operations, *sorry, nonce(e, "p0"))
		return err
	}
	channel, on, err := a.anchor(ctx, e, s)
	if err != nil {
		return err
	}
	title := r.Title
	if title == "" {
		title = "Post-mortem " + string(s.report)
	}
	thread, err := a.out.thread(ctx, channel, on, public(title))
	var no *refused
	if errors.As(err, &no) { // not allowed to: better in the channel than nowhere
		a.log.Warn("no thread for the post-mortem; it goes to the channel", "incident", s.report, "err", no)
		thread, err = channel, nil
	}
	if err != nil {
		return err
	}
	if err := a.book.SetNote(ctx, "thread:"+string(s.report), thread); err != nil {
		return err
	}
	return a.pages(ctx, e, thread, r)
}

// anchor is the message that the thread hangs on.
func (a *announcer) anchor(ctx context.Context, e round.Event, s step) (channel, id string, err error) {
	if s.anchor != nil {
		at, err := a.find(ctx, s.anchor)
		if err != nil {
			return "", "", err
		}
		if at.message != "" {
			return at.channel, at.message, nil
		}
	}
	id, err = a.out.post(ctx, a.alerts, *line("Post-mortem of **%s**", s.report), nonce(e, "p"))
	return a.alerts, id, err
}

// pages posts a report. A page that Discord refuses is left out; the file has it.
func (a *announcer) pages(ctx context.Context, e round.Event, thread string, r Report) error {
	var all []message
	for _, text := range paginate(r.Sections, pageLimit) {
		all = append(all, message{text: public(text)})
	}
	if r.Markdown != "" {
		if len(all) == 0 {
			all = append(all, message{text: "The report is attached."})
		}
		name := r.File
		if name == "" {
			name = string(e.Incident) + ".md"
		}
		all[len(all)-1].file = &file{name: name, body: public(r.Markdown)}
	}
	for i, m := range all {
		slot := fmt.Sprintf("p%d", i+1)
		_, err := a.out.post(ctx, thread, m, nonce(e, slot))
		var no *refused
		if errors.As(err, &no) {
			err = a.skip(ctx, e, slot, no)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
