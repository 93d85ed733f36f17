package alerts_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/alerts"
)

func TestAWebhookOfOneMebibyteAndOneByte(t *testing.T) {
	token := alerts.Token(secret, "R7").Reveal()
	for _, c := range []struct{ size, want, kept int }{{1 << 20, 200, 1}, {1<<20 + 1, 413, 0}} {
		s := &sink{}
		code := post(t, s, "POST", "/alerts/R7", token, firing+strings.Repeat(" ", c.size-len(firing)))
		if code != c.want || len(s.got) != c.kept {
			t.Errorf("%d bytes: answered %d and kept %d, want %d and %d", c.size, code, len(s.got), c.want, c.kept)
		}
	}
}

// pipes is a listener whose connections are pipes, so that a sender's slowness
// can be played on a clock that does not wait.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// A sender that gives a byte a second is cut off after ten seconds, and nothing
// of what it said is kept.
func TestASlowSenderIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		server := alerts.NewReceiver(alerts.Config{Log: slog.New(slog.DiscardHandler), Key: secret, Sink: s}).Server()
		l := &pipes{make(chan net.Conn), make(chan struct{})}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		near, far := net.Pipe()
		l.conns <- far
		began := time.Now()
		go func() { _, _ = io.Copy(io.Discard, near) }()
		_, err := fmt.Fprintf(near, "POST /alerts/R7 HTTP/1.1\r\nHost: bot\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
			alerts.Token(secret, "R7").Reveal(), len(firing))
		for i := 0; err == nil && i < len(firing); i++ {
			time.Sleep(time.Second) // the bubble's clock
			_, err = near.Write([]byte{firing[i]})
		}
		if took := time.Since(began); err == nil || took > 15*time.Second {
			t.Errorf("the sender was cut off after %s: %v", took, err)
		}
		if len(s.got) != 0 {
			t.Errorf("kept %d alerts of a sender that never finished", len(s.got))
		}
		_, _ = near.Close(), server.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}

// A path that a router would tidy up is answered as it is: a redirect would
// take the alert, and the token, somewhere else as a GET.
func TestARedirectingPathIsNotFollowed(t *testing.T) {
	server := alerts.NewReceiver(alerts.Config{Log: slog.New(slog.DiscardHandler), Key: secret, Sink: &sink{}}).Server()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	for _, path := range []string{"/alerts//R7", "/alerts/R7/", "//alerts/R7", "/alerts/../alerts/R7", "/alerts", "/alerts/R7/../R7", "/alerts/R7%2f"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		// Written by hand: a client would tidy the path up itself.
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
			path, alerts.Token(secret, "R7").Reveal(), len(firing), firing)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Location") != "" {
			t.Errorf("%s: answered %d, to %q; want 404 and nowhere", path, resp.StatusCode, resp.Header.Get("Location"))
		}
		_, _ = resp.Body.Close(), conn.Close()
	}
}
