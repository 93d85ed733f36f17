package netpath

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// dialTimeout is how long a target may take to answer.
const dialTimeout = 3 * time.Second

// links are the established connections of a path.
type links struct {
	mu  sync.Mutex
	all map[*link]bool
	run sync.WaitGroup
}

// link is a client's connection and the one to the target that it is tied to.
type link struct {
	giveUp context.CancelFunc // of the dial

	mu    sync.Mutex
	ended bool
	conns []*net.TCPConn
}

// carry ties the client to the target until one of them ends it.
func (l *links) carry(client *net.TCPConn, cfg Config) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	k := &link{giveUp: cancel, conns: []*net.TCPConn{client}}
	l.mu.Lock()
	l.all[k] = true
	l.mu.Unlock()
	l.run.Go(func() {
		k.run(ctx, client, cfg)
		l.mu.Lock()
		delete(l.all, k)
		l.mu.Unlock()
	})
}

func (l *links) carryFD(fd int, cfg Config) {
	file := os.NewFile(uintptr(fd), "client")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		cfg.Log.Error("network path cannot accept", "path", cfg.Name, "error", err)
		return
	}
	l.carry(conn.(*net.TCPConn), cfg)
}

// cut resets all connections.
func (l *links) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.all {
		k.reset()
	}
}

func (l *links) wait() { l.run.Wait() }

func (k *link) run(ctx context.Context, client *net.TCPConn, cfg Config) {
	var dialer net.Dialer
	var conn net.Conn
	err := errors.New("no target")
	if to := cfg.Target(); to != "" {
		conn, err = dialer.DialContext(ctx, "tcp", to)
	}
	k.giveUp()
	if err != nil {
		cfg.Log.Debug("network path cannot reach its target", "path", cfg.Name, "error", err)
		k.reset()
		return
	}
	target := conn.(*net.TCPConn)
	if !k.add(target) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { k.copy(client, target) })
	k.copy(target, client)
	back.Wait()
	_ = client.Close()
	_ = target.Close()
}

// copy passes on what comes and how it ends: an end as an end, a break as one.
func (k *link) copy(to, from *net.TCPConn) {
	// The wrappers hide ReadFrom and WriteTo: splicing is no faster here, and Go
	// keeps its pipes, two file descriptors each, for later.
	_, err := io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
	if err == nil {
		err = to.CloseWrite()
	}
	if err != nil {
		k.reset()
	}
}

// add reports whether the link still stands; if not, the connection is closed.
func (k *link) add(conn *net.TCPConn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		_ = conn.Close()
		return false
	}
	k.conns = append(k.conns, conn)
	return true
}

// reset ends the link as a dying process does: with a reset on both sides.
func (k *link) reset() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = true
	k.giveUp()
	for _, c := range k.conns {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
}
