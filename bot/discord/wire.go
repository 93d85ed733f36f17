package discord

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// wires keeps the gateway's network connection, so that it can be cut.
// discordgo reads from it without a deadline: a server that says nothing would
// hold Open, and with it the session's lock, for ever.
type wires struct {
	handshake time.Duration // longest silence while Open works
	idle      time.Duration // longest silence after it; a heartbeat is answered every 41 s
	dial      dial          // nil: the network

	mu    sync.Mutex
	now   *wire
	ended bool          // no connection is wanted any more
	gone  chan struct{} // closed then
}

// dial makes a connection, as net.Dialer does.
type dial func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer makes a dialer that reaches only base's host, or, without one,
// whatever Discord names.
func (w *wires) dialer(base *url.URL) *websocket.Dialer {
	d := &websocket.Dialer{HandshakeTimeout: w.handshake}
	if base == nil {
		d.Proxy = http.ProxyFromEnvironment
	}
	d.NetDialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if base != nil && host != base.Hostname() {
			return nil, fmt.Errorf("the gateway's address %s is not at %s", host, base.Hostname())
		}
		reach := w.dial
		if reach == nil {
			reach = (&net.Dialer{Timeout: w.handshake}).DialContext
		}
		conn, err := reach(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.ended {
			return nil, errors.Join(net.ErrClosed, conn.Close())
		}
		w.now = &wire{Conn: conn, silence: w.handshake}
		return w.now, nil
	}
	return d
}

// settled gives the connection the longer deadline.
func (w *wires) settled() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now != nil {
		w.now.allow(w.idle)
	}
}

// end cuts the connection, whoever reads from it, and lets none be made again.
func (w *wires) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.ended = true
		close(w.gone)
	}
	if w.now != nil {
		_ = w.now.Close() // it may be closed already
	}
}

// wire is a connection that ends when nothing was heard for too long.
type wire struct {
	net.Conn
	mu      sync.Mutex
	silence time.Duration
}

// Read implements net.Conn.
func (c *wire) Read(p []byte) (int, error) {
	c.mu.Lock()
	err := c.SetReadDeadline(time.Now().Add(c.silence))
	c.mu.Unlock()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *wire) allow(silence time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silence = silence
	_ = c.SetReadDeadline(time.Now().Add(silence)) // for the read that waits now
}
