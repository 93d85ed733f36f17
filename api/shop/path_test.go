package shop

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// path is the network between shop and database. Cut, it lets established
// connections go on and swallows new ones, as a firewall without the rule.
type path struct {
	l  net.Listener
	to string

	mu    sync.Mutex
	isCut bool
	conns []net.Conn
}

func newPath(t *testing.T, to string) *path {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &path{l: l, to: to}
	var forwarding sync.WaitGroup
	forwarding.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, c)
			swallow := p.isCut // for good: a mended rule does not revive a lost handshake
			p.mu.Unlock()
			if !swallow {
				forwarding.Go(func() { p.forward(c) })
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.dropAll()
		forwarding.Wait()
	})
	return p
}

func (p *path) forward(c net.Conn) {
	defer c.Close()
	up, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer up.Close()
	var back sync.WaitGroup
	back.Go(func() { io.Copy(c, up); c.Close() })
	io.Copy(up, c)
	up.Close()
	back.Wait()
}

func (p *path) address() string { return p.l.Addr().String() }

func (p *path) cut() time.Time  { p.set(true); return time.Now() }
func (p *path) mend() time.Time { p.set(false); return time.Now() }

func (p *path) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = cut
}

// dropAll ends every connection, as a server does that dies.
func (p *path) dropAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}
