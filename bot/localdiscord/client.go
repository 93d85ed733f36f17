package localdiscord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Client is one person in front of the chat: autoplay and tests read, type and
// press through it. It speaks the same interface as the page. Methods may be
// called at once from several goroutines.
type Client struct {
	base, as string
	http     *http.Client
}

// NewClient acts as the person with this id (or name) on the server at
// baseURL.
func NewClient(baseURL, as string) *Client {
	// Connections are not kept: there is nothing to close, and no proxy to ask.
	return &Client{base: strings.TrimSuffix(baseURL, "/"), as: as, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

// State returns all that the person may see now.
func (c *Client) State(ctx context.Context) (State, error) {
	var st State
	err := c.call(ctx, http.MethodGet, "/local/state?as="+url.QueryEscape(c.as), nil, &st)
	return st, err
}

// Channel finds a visible channel or thread by id or by name, with or without
// "#". "@" and the bot's name find the direct channel with the bot.
func (st State) Channel(name string) (Channel, bool) {
	name = strings.TrimPrefix(name, "#")
	dm := name == "@"+st.Bot.Name
	i := slices.IndexFunc(st.Channels, func(c Channel) bool {
		return c.ID == name || c.Name == name && c.Type != DMChannel || dm && c.Type == DMChannel
	})
	if i < 0 {
		return Channel{}, false
	}
	return st.Channels[i], true
}

// Command types a slash command into a channel (id or name) and returns the
// interaction's id. A name with spaces is a subcommand. It does not wait for
// the bot: see Ask.
func (c *Client) Command(ctx context.Context, channel, name string, options map[string]any) (string, error) {
	id, err := c.channelID(ctx, channel)
	if err != nil {
		return "", err
	}
	return c.interaction(ctx, "commands", ask{As: c.as, ChannelID: id, Name: name, Options: values(options, "")})
}

// Autocomplete returns the bot's choices for the focused option, whose value
// so far is among the options. It waits up to three seconds.
func (c *Client) Autocomplete(ctx context.Context, channel, name string, options map[string]any, focused string) ([]Choice, error) {
	id, err := c.channelID(ctx, channel)
	if err != nil {
		return nil, err
	}
	var out struct{ Choices []Choice }
	a := ask{As: c.as, ChannelID: id, Name: name, Options: values(options, focused)}
	err = c.call(ctx, http.MethodPost, "/local/autocomplete", a, &out)
	return out.Choices, err
}

// Press presses a button and returns the interaction's id. It does not wait
// for the bot: see Click.
func (c *Client) Press(ctx context.Context, channelID, messageID, customID string) (string, error) {
	return c.interaction(ctx, "components", ask{As: c.as, ChannelID: channelID, MessageID: messageID, CustomID: customID})
}

// Say writes a chat message.
func (c *Client) Say(ctx context.Context, channel, content string) (Message, error) {
	var m Message
	id, err := c.channelID(ctx, channel)
	if err != nil {
		return m, err
	}
	err = c.call(ctx, http.MethodPost, "/local/messages", ask{As: c.as, ChannelID: id, Content: content}, &m)
	return m, err
}

func (c *Client) interaction(ctx context.Context, path string, a ask) (string, error) {
	var out struct {
		ID string `json:"interaction_id"`
	}
	err := c.call(ctx, http.MethodPost, "/local/"+path, a, &out)
	return out.ID, err
}

func (c *Client) channelID(ctx context.Context, name string) (string, error) {
	if snowflakeID.MatchString(name) {
		return name, nil
	}
	st, err := c.State(ctx)
	if err != nil {
		return "", err
	}
	ch, ok := st.Channel(name)
	if !ok {
		return "", fmt.Errorf("%s sees no channel %q", st.Me.Name, name)
	}
	return ch.ID, nil
}

func values(options map[string]any, focused string) []Value {
	var list []Value
	for name, v := range options {
		list = append(list, Value{Name: name, Value: v, Focused: name == focused})
	}
	return list
}

// Dialing lets the client reach the server by dial instead of by the network,
// and returns the client.
func (c *Client) Dialing(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *Client {
	c.http.Transport = &http.Transport{DisableKeepAlives: true, DialContext: dial}
	return c
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, &body)
	if err != nil {
		return fmt.Errorf("ask local Discord: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask local Discord: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var bad struct{ Error string }
		_ = json.NewDecoder(res.Body).Decode(&bad)
		if bad.Error == "" {
			bad.Error = res.Status
		}
		return errors.New(bad.Error)
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("read local Discord's answer: %w", err)
	}
	return nil
}
