package netpath_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/infra/rehearsal/netpath"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a host that says back what it hears.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}) // splicing would leave pipes open
			})
		}
	})
	t.Cleanup(func() { _ = ln.Close(); wg.Wait() })
	return ln.Addr().String()
}

func open(t *testing.T, target func() string) *netpath.Path {
	t.Helper()
	p, err := netpath.Open(t.Context(), netpath.Config{Name: "test", Target: target})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func openEcho(t *testing.T) *netpath.Path {
	t.Helper()
	addr := echo(t)
	return open(t, func() string { return addr })
}

func set(t *testing.T, p *netpath.Path, s netpath.State) {
	t.Helper()
	if err := p.Set(s); err != nil {
		t.Fatal(err)
	}
}

func dial(p *netpath.Path, wait time.Duration) (net.Conn, error) {
	return net.DialTimeout("tcp", p.Addr(), wait)
}

// talk says something and wants to hear it.
func talk(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		return err
	}
	heard := make([]byte, 5)
	if _, err := io.ReadFull(conn, heard); err != nil {
		return err
	}
	if string(heard) != "hello" {
		return fmt.Errorf("heard %q", heard)
	}
	return nil
}

// check looks at the path as a new client does.
func check(t *testing.T, p *netpath.Path, want netpath.State) {
	t.Helper()
	begun := time.Now()
	conn, err := dial(p, 250*time.Millisecond)
	took := time.Since(begun)
	if conn != nil {
		defer conn.Close()
	}
	var timeout net.Error
	switch {
	case want == netpath.Allowed && err == nil:
		if err := talk(conn); err != nil {
			t.Errorf("%v: %v", want, err)
		}
	case want == netpath.Dropped && errors.As(err, &timeout) && timeout.Timeout() && strings.HasSuffix(err.Error(), ": i/o timeout"):
	case want == netpath.Refused && errors.Is(err, syscall.ECONNREFUSED) && took < 200*time.Millisecond:
	default:
		t.Errorf("%v: a new client gets %v after %v", want, err, took)
	}
}

// TestSwitches goes from every state to every state. A connection made while
// the path was open lives until the path is refused, and not longer.
func TestSwitches(t *testing.T) {
	states := []netpath.State{netpath.Allowed, netpath.Dropped, netpath.Refused}
	p := openEcho(t)
	addr := p.Addr()
	for _, from := range states {
		for _, to := range states {
			t.Run(fmt.Sprintf("%v to %v", from, to), func(t *testing.T) {
				set(t, p, netpath.Allowed)
				old, err := dial(p, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				defer old.Close()
				if err := talk(old); err != nil {
					t.Fatal(err)
				}
				for _, s := range []netpath.State{from, from, to, to} {
					set(t, p, s)
				}
				check(t, p, to)
				check(t, p, to)
				lives := from != netpath.Refused && to != netpath.Refused
				if err := talk(old); lives != (err == nil) {
					t.Errorf("the old connection: %v, want it alive: %v", err, lives)
				} else if !lives && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
					t.Errorf("the old connection: %v, want a reset", err)
				}
				if p.State() != to || p.Addr() != addr {
					t.Errorf("state %v at %s", p.State(), p.Addr())
				}
			})
		}
	}
}

// TestHanging: a client that hangs while the path is dropped gets through at
// its next SYN, which comes after a second.
func TestHanging(t *testing.T) {
	p := openEcho(t)
	set(t, p, netpath.Dropped)
	type result struct {
		conn net.Conn
		err  error
	}
	got := make(chan result, 1)
	hanging := make(chan struct{})
	go func() {
		d := net.Dialer{Timeout: 10 * time.Second, Control: func(string, string, syscall.RawConn) error { close(hanging); return nil }}
		conn, err := d.Dial("tcp", p.Addr())
		got <- result{conn, err}
	}()
	<-hanging
	check(t, p, netpath.Dropped) // takes long enough for the first SYN to be lost
	mended := time.Now()
	set(t, p, netpath.Allowed)
	check(t, p, netpath.Allowed)
	r := <-got
	if r.err != nil {
		t.Fatal(r.err)
	}
	defer r.conn.Close()
	if took := time.Since(mended); took > 1200*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	if err := talk(r.conn); err != nil {
		t.Error(err)
	}
}

// TestTargetRefuses: the client of a path to nowhere is refused or reset.
func TestTargetRefuses(t *testing.T) {
	for name, target := range map[string]string{"dead": deadAddr(t), "nobody": ""} {
		p := open(t, func() string { return target })
		conn, err := dial(p, time.Second)
		if err == nil {
			defer conn.Close()
			err = talk(conn)
		}
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("%s: %v, want a reset", name, err)
		}
	}
}

func deadAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestTargetMoves: each new connection asks for the target again.
func TestTargetMoves(t *testing.T) {
	a, b := deadAddr(t), echo(t)
	targets := make(chan string, 2)
	targets <- a
	targets <- b
	p := open(t, func() string { return <-targets })
	conn, err := dial(p, time.Second)
	if err == nil { // a quick reset is told by the dial itself
		defer conn.Close()
		err = talk(conn)
	}
	if err == nil {
		t.Error("the dead target answers")
	}
	check(t, p, netpath.Allowed)
}

// TestHalfClose: an end of one direction is passed on as such.
func TestHalfClose(t *testing.T) {
	p := openEcho(t)
	conn, err := dial(p, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "all of it"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if heard, err := io.ReadAll(conn); err != nil || string(heard) != "all of it" {
		t.Errorf("heard %q, %v", heard, err)
	}
}

// TestPortIsOurs: in no state can another program take the port.
func TestPortIsOurs(t *testing.T) {
	p := openEcho(t)
	for _, s := range []netpath.State{netpath.Allowed, netpath.Dropped, netpath.Refused} {
		set(t, p, s)
		if ln, err := net.Listen("tcp", p.Addr()); err == nil {
			t.Errorf("%v: the port was free", s)
			_ = ln.Close()
		}
	}
}

// TestCrowd switches under clients that dial all the time: each sees one of the
// three honest outcomes, never a connection that hangs.
func TestCrowd(t *testing.T) {
	p := openEcho(t)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				conn, err := dial(p, 100*time.Millisecond)
				if err != nil {
					continue
				}
				if err := talk(conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a connection hangs: %v", err)
				}
				_ = conn.Close()
			}
		})
	}
	for range 5 {
		for _, s := range []netpath.State{netpath.Dropped, netpath.Allowed, netpath.Refused, netpath.Dropped, netpath.Refused, netpath.Allowed} {
			set(t, p, s)
			check(t, p, s)
		}
	}
	stop()
	clients.Wait()
}

// TestSetTogether: switches that come at the same time are made one by one.
func TestSetTogether(t *testing.T) {
	p := openEcho(t)
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			if err := p.Set(netpath.State(i % 3)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	check(t, p, p.State())
}

// TestClose leaves no file descriptor and no port, whatever the state was.
func TestClose(t *testing.T) {
	before := files(t)
	for _, s := range []netpath.State{netpath.Allowed, netpath.Dropped, netpath.Refused} {
		t.Run(s.String(), func(t *testing.T) {
			p := openEcho(t)
			conn, err := dial(p, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if err := talk(conn); err != nil {
				t.Fatal(err)
			}
			set(t, p, s)
			for range 2 {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}
			if err := talk(conn); err == nil {
				t.Error("a connection lives on")
			}
			_ = conn.Close()
			if err := p.Set(netpath.Allowed); !errors.Is(err, netpath.ErrClosed) {
				t.Errorf("Set: %v", err)
			}
			if _, err := dial(p, time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dial: %v", err)
			}
		})
	}
	if after := files(t); after > before {
		t.Errorf("%d open files, %d before", after, before)
	}
}

func files(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
