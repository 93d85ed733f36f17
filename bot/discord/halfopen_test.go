package discord

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
)

// deaf is a connection that can go half-open: what is written to it vanishes,
// and nothing comes.
type deaf struct {
	net.Conn
	on *atomic.Bool
}

func (d deaf) Write(p []byte) (int, error) {
	if d.on.Load() {
		return len(p), nil
	}
	return d.Conn.Write(p)
}

// TestHalfOpenConnection: over HTTP/2 all requests share one connection, and one
// that is half-open takes only those with it that were sent before it is known.
func TestHalfOpenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h2 http.Protocols
		h2.SetUnencryptedHTTP2(true) // the pipes need no TLS
		network := listen(t, &http.Server{Protocols: &h2, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != 2 {
				t.Errorf("asked by %s", r.Proto)
			}
			_, _ = w.Write([]byte(`{"id":"5"}`))
		})})
		var dials atomic.Int32
		half := new(atomic.Bool)
		base, err := url.Parse("http://127.0.0.1:9")
		if err != nil {
			t.Fatal(err)
		}
		client := newClient(base, newLimits(), nil)
		transport := client.Transport.(*road).next.(*http.Transport)
		transport.Protocols = &h2
		transport.DialContext = func(ctx context.Context, n, addr string) (net.Conn, error) {
			conn, err := network.dial(ctx, n, addr)
			if dials.Add(1) > 1 {
				return conn, err
			}
			return deaf{conn, half}, err
		}
		defer transport.CloseIdleConnections()
		s, err := discordgo.New("Bot x")
		if err != nil {
			t.Fatal(err)
		}
		s.Client, s.LogLevel = client, -1
		r := &rest{session: s, limits: newLimits(), log: discard(), latest: map[string]string{}}
		if _, err := r.post(t.Context(), "11", message{text: "one"}, "a"); err != nil {
			t.Fatal(err)
		}
		half.Store(true)
		began := time.Now()
		if _, err := r.post(within(t), "11", message{text: "two"}, "b"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 20*time.Second || dials.Load() < 2 {
			t.Errorf("it took %s and %d connections", took, dials.Load())
		}
	})
}
