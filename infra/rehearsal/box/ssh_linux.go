package box

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"github.com/chaotic-good/scenarios/infra/rehearsal/shell"
)

// openSSH lets in whoever has a key that the box knows.
func (h *hardware) openSSH(live context.Context) error {
	if !h.setup.SSH {
		return nil
	}
	l, err := again(&h.sshAt)
	if err != nil {
		return fmt.Errorf("listen for SSH: %w", err)
	}
	if h.hostKey == nil {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return fmt.Errorf("make the box's host key: %w", err)
		}
		if h.hostKey, err = gossh.NewSignerFromKey(private); err != nil {
			return fmt.Errorf("make the box's host key: %w", err)
		}
	}
	server := &ssh.Server{
		Version: "OpenSSH_8.7", MaxTimeout: 4 * time.Hour, HostSigners: []ssh.Signer{h.hostKey},
		PublicKeyHandler: func(ctx ssh.Context, key ssh.PublicKey) bool { return h.knows(ctx.User(), key) },
		Handler:          func(s ssh.Session) { _ = s.Exit(h.login(live, s)) }, // it may have hung up
	}
	go func() { _ = server.Serve(l) }() // it ends with the power
	h.door(func() { _ = server.Close() })
	h.note(func(s *State) { s.SSH = l.Addr().String() })
	return nil
}

// knows reports whether the file of the box's user has the key.
func (h *hardware) knows(user string, key ssh.PublicKey) bool {
	if user != Login && user != "ec2-user" {
		return false
	}
	raw, err := h.root.ReadFile(home[1:] + "/.ssh/authorized_keys")
	for err == nil && len(raw) > 0 {
		var known gossh.PublicKey
		if known, _, _, raw, err = gossh.ParseAuthorizedKey(raw); err == nil && ssh.KeysEqual(known, key) {
			return true
		}
	}
	return false
}

// login serves one session and gives its exit status.
func (h *hardware) login(live context.Context, s ssh.Session) int {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	defer context.AfterFunc(live, cancel)()
	if pty, sizes, ok := s.Pty(); ok && s.RawCommand() == "" {
		return h.terminal(ctx, s, pty, sizes)
	}
	script, in := s.RawCommand(), io.Reader(s)
	if script == "" { // a script on the standard input
		text, err := io.ReadAll(io.LimitReader(s, 128<<10))
		if err != nil {
			return 1
		}
		script, in = string(text), strings.NewReader("")
	}
	h.typed(script)
	n, err := h.shell.Session(Login, home, in, s, s.Stderr())
	if err != nil {
		return 1
	}
	code, err := n.Run(ctx, script)
	if err != nil {
		return 255
	}
	return code
}

// typed notes what somebody has the box do; nothing: that they logged in.
func (h *hardware) typed(line string) {
	t := Typed{At: time.Now(), Looks: shell.Looks(line)}
	t.Line = strings.ReplaceAll(strings.TrimSpace(strings.ToValidUTF8(line[:min(len(line), keptLine)], "")), "\n", "; ")
	h.note(func(s *State) {
		if n := len(s.Typed); n > 0 {
			t.N = s.Typed[n-1].N
		}
		t.N++
		s.Typed = append(slices.Clone(s.Typed[max(0, len(s.Typed)+1-keptTyped):]), t)
	})
}
