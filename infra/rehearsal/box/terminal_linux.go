package box

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/gliderlabs/ssh"
	"golang.org/x/term"
)

// terminal serves a person who types.
func (h *hardware) terminal(ctx context.Context, s ssh.Session, pty ssh.Pty, sizes <-chan ssh.Window) int {
	keys := newKeyboard(s)
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{keys, s}, "")
	resize(t, pty.Window)
	go func() {
		for w := range sizes {
			resize(t, w)
		}
	}()
	n, err := h.shell.Session(Login, home, nil, t, t)
	if err != nil {
		return 1
	}
	if motd, err := h.root.ReadFile("etc/motd"); err == nil {
		_, _ = t.Write(motd)
	}
	h.typed("")
	code := 0
	for ctx.Err() == nil && !n.Exited() {
		t.SetPrompt(fmt.Sprintf("[%s@%s %s]$ ", Login, h.Name(), short(n.Dir())))
		line, err := t.ReadLine()
		if err != nil {
			break
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		h.typed(line)
		run, stop := context.WithCancel(ctx)
		keys.interrupts(stop)
		if code, err = n.Run(run, line); err != nil {
			_, _ = fmt.Fprintln(t, "^C")
		}
		keys.interrupts(nil)
		stop()
	}
	return code
}

// resize makes a terminal as large as a window. One that does not say how large
// it is has the usual size: at no width there would be a letter on each line.
func resize(t *term.Terminal, w ssh.Window) {
	if w.Width <= 0 {
		w.Width = 80
	}
	if w.Height <= 0 {
		w.Height = 24
	}
	_ = t.SetSize(w.Width, w.Height)
}

// short is a folder as a prompt shows it.
func short(dir string) string {
	if rest, ok := strings.CutPrefix(dir, home); ok && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return dir
}

// keyboard hands on what is typed, but for Ctrl-C: it interrupts what runs, and
// where nothing does it drops the line that was begun.
type keyboard struct {
	typed chan []byte
	rest  []byte

	mu   sync.Mutex
	stop func()
}

func newKeyboard(from io.Reader) *keyboard {
	k := &keyboard{typed: make(chan []byte, 64)}
	go func() {
		defer close(k.typed)
		for {
			buf := make([]byte, 256)
			n, err := from.Read(buf)
			if n > 0 && !k.interrupted(buf[:n]) {
				select {
				case k.typed <- bytes.ReplaceAll(buf[:n], []byte{ctrlC}, []byte(dropLine)):
				default: // nobody reads: what is typed over a running program is lost
				}
			}
			if err != nil {
				k.interrupted([]byte{ctrlC})
				return
			}
		}
	}()
	return k
}

const (
	ctrlC    = 3
	dropLine = "\x05\x15\r" // to its end, gone, and a new prompt; Ctrl-C itself would end the terminal
)

func (k *keyboard) interrupts(stop func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stop = stop
}

func (k *keyboard) interrupted(typed []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stop == nil || !strings.ContainsRune(string(typed), ctrlC) {
		return false
	}
	k.stop()
	return true
}

// Read implements io.Reader for the terminal.
func (k *keyboard) Read(p []byte) (int, error) {
	if len(k.rest) == 0 {
		typed, ok := <-k.typed
		if !ok {
			return 0, io.EOF
		}
		k.rest = typed
	}
	n := copy(p, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}
