package localdiscord

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Gateway opcodes, Discord's numbers.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opPresence       = 3
	opVoiceState     = 4
	opResume         = 6
	opReconnect      = 7
	opRequestMembers = 8
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

const heartbeatInterval = 41250 * time.Millisecond

// frame is one gateway payload.
type frame struct {
	Op   int    `json:"op"`
	Data any    `json:"d"`
	Seq  *int   `json:"s"`
	Type string `json:"t,omitempty"`
}

// gatewayConn is one websocket. A session outlives it.
type gatewayConn struct {
	ws      *websocket.Conn
	out     *mailbox
	gone    chan struct{} // closed when reading ended
	version string
}

// closing is a reason to end the connection with a close frame.
type closing struct {
	code int
	text string
}

func (c *closing) Error() string { return c.text }

func (s *Server) getGateway(r *http.Request) (any, error) {
	return map[string]string{"url": "ws" + s.base(r)[len("http"):] + "/gateway"}, nil
}

func (s *Server) getGatewayBot(r *http.Request) (any, error) {
	return map[string]any{
		"url": "ws" + s.base(r)[len("http"):] + "/gateway", "shards": 1,
		"session_start_limit": map[string]int{"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1},
	}, nil
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	refuse, code := s.faults.gatewayWeather()
	if refuse {
		http.Error(w, "no gateway today", http.StatusServiceUnavailable)
		return
	}
	var up websocket.Upgrader // refuses other sites' pages by their Origin
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &gatewayConn{ws: ws, out: newMailbox(), gone: make(chan struct{}), version: r.URL.Query().Get("v")}
	var helpers sync.WaitGroup
	helpers.Go(func() { c.write(s.done) })
	if code != 0 {
		c.control(&closing{code, "closed on purpose"})
	} else if !s.faults.isSilent() {
		c.send(frame{Op: opHello, Data: map[string]any{"heartbeat_interval": heartbeatInterval.Milliseconds()}})
	}
	err = s.converse(c, s.base(r))
	s.detach(c, err)
	if bad, ok := errors.AsType[*closing](err); ok {
		c.refuse(bad)
	}
	close(c.gone)
	ws.Close()
	helpers.Wait()
}

// converse reads until the connection ends and returns why it did.
func (s *Server) converse(c *gatewayConn, base string) error {
	for {
		_ = c.ws.SetReadDeadline(time.Now().Add(2 * heartbeatInterval))
		_, raw, err := c.ws.ReadMessage()
		if err != nil {
			return err
		}
		if s.faults.isSilent() {
			continue
		}
		if len(raw) > 4096 {
			return &closing{4002, "Payload too large."}
		}
		var in struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if json.Unmarshal(raw, &in) != nil {
			return &closing{4002, "Error while decoding payload."}
		}
		if err := s.gatewayOp(c, in.Op, in.Data, base); err != nil {
			return err
		}
	}
}

func (s *Server) gatewayOp(c *gatewayConn, op int, data json.RawMessage, base string) error {
	switch op {
	case opHeartbeat:
		c.send(frame{Op: opHeartbeatAck})
		return nil
	case opIdentify:
		return s.identify(c, data, base)
	case opResume:
		return s.resume(c, data)
	case opPresence, opVoiceState, opRequestMembers:
		if s.sessionOf(c) == nil {
			return &closing{4003, "Not authenticated."}
		}
		return nil
	}
	return &closing{4001, "Unknown opcode."}
}

// send queues a frame; it never blocks.
func (c *gatewayConn) send(f frame) {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // our own types
	}
	c.out.put(b)
}

// write sends what is queued until the connection or the server ends.
func (c *gatewayConn) write(done <-chan struct{}) {
	for {
		for _, b := range c.out.take() {
			if c.ws.WriteMessage(websocket.TextMessage, b) != nil {
				return // the reader sees the same end
			}
		}
		select {
		case <-c.out.wake:
		case <-c.gone:
			return
		case <-done:
			c.control(&closing{websocket.CloseGoingAway, "Discord is going away"})
			c.ws.Close()
			return
		}
	}
}

func (c *gatewayConn) control(why *closing) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(why.code, why.text), time.Now().Add(time.Second))
}

// refuse sends a close frame and lets the other side read it: closing at once
// could reset the connection while it is still on its way.
func (c *gatewayConn) refuse(why *closing) {
	c.control(why)
	_ = c.ws.SetReadDeadline(time.Now().Add(time.Second))
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			return
		}
	}
}
