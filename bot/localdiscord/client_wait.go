package localdiscord

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ErrNotResponding is what Ask and Click return when the bot let the
// interaction expire. Discord's client says so in other words.
var ErrNotResponding = errors.New("the application did not respond")

// Events returns the person's stream of events from now on. The channel closes
// when ctx ends or the connection does; the caller reads it until then or ends
// ctx.
func (c *Client) Events(ctx context.Context) (<-chan Event, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/local/events?as="+url.QueryEscape(c.as), nil)
	if err != nil {
		return nil, fmt.Errorf("open event stream: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("open event stream: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("open event stream: %s", res.Status)
	}
	events := make(chan Event, 64)
	go func() {
		defer close(events)
		defer res.Body.Close()
		lines := bufio.NewReader(res.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			data, ok := strings.CutPrefix(line, "data: ")
			var e Event
			if !ok || json.Unmarshal([]byte(data), &e) != nil {
				continue
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}

// Message decodes the message of a message or message_update event.
func (e Event) Message() (Message, bool) {
	var m Message
	ok := (e.Type == "message" || e.Type == "message_update") && json.Unmarshal(e.Data, &m) == nil
	return m, ok
}

// Interaction decodes an interaction event.
func (e Event) Interaction() (InteractionEvent, bool) {
	var i InteractionEvent
	ok := e.Type == "interaction" && json.Unmarshal(e.Data, &i) == nil
	return i, ok
}

// WaitMessage returns a message that the person sees and that matches: the
// newest of those that are there already, or the next that is written or
// edited so. Deferred answers that are still loading do not count.
func (c *Client) WaitMessage(ctx context.Context, match func(Message) bool) (Message, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	events, err := c.Events(ctx)
	if err != nil {
		return Message{}, err
	}
	st, err := c.State(ctx)
	if err != nil {
		return Message{}, err
	}
	var found *Message
	for _, list := range st.Messages {
		for _, m := range list {
			if !m.Loading && match(m) && (found == nil || newer(m.ID, found.ID)) {
				found = &m
			}
		}
	}
	if found != nil {
		return *found, nil
	}
	return next(ctx, events, match)
}

// Ask types a command and waits for its answer: the message, once it no longer
// loads.
func (c *Client) Ask(ctx context.Context, channel, name string, options map[string]any) (Message, error) {
	return c.follow(ctx, "", func(ctx context.Context) (string, error) {
		return c.Command(ctx, channel, name, options)
	})
}

// Click presses a button and waits for what it does: a new message, or the
// pressed one as it is after its next change.
func (c *Client) Click(ctx context.Context, m Message, customID string) (Message, error) {
	return c.follow(ctx, m.ID, func(ctx context.Context) (string, error) {
		return c.Press(ctx, m.ChannelID, m.ID, customID)
	})
}

func (c *Client) follow(ctx context.Context, pressed string, act func(context.Context) (string, error)) (Message, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	events, err := c.Events(ctx)
	if err != nil {
		return Message{}, err
	}
	id, err := act(ctx)
	if err != nil {
		return Message{}, err
	}
	for {
		select {
		case e, open := <-events:
			if !open {
				return Message{}, streamEnded(ctx)
			}
			if i, ok := e.Interaction(); ok && i.ID == id && i.State == "failed" {
				return Message{}, ErrNotResponding
			}
			m, ok := e.Message()
			answers := m.InteractionMetadata != nil && m.InteractionMetadata.ID == id
			if ok && !m.Loading && (answers || e.Type == "message_update" && m.ID == pressed) {
				return m, nil
			}
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		}
	}
}

func next(ctx context.Context, events <-chan Event, match func(Message) bool) (Message, error) {
	for {
		select {
		case e, open := <-events:
			if !open {
				return Message{}, streamEnded(ctx)
			}
			if m, ok := e.Message(); ok && !m.Loading && match(m) {
				return m, nil
			}
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		}
	}
}

func streamEnded(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return errors.New("the event stream ended")
}
