// Package moto finds, installs and runs moto_server, the process that holds
// AWS's state in a rehearsal.
//
// It knows the tool, its environment, what has to be set after its start and
// which services have to be warmed up because their first call costs seconds.
// It does not know what is stored in it, who may call it (the gateway's
// business) or who keeps the process alive (the starter's).
package moto

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// Version is the release that the rehearsal was measured against.
const Version = "5.2.1"

// Config is what a Server needs from outside.
type Config struct {
	Tool    Tool         // from Find or Install
	Dir     string       // an existing folder; moto.log is written there and the process runs in it
	Log     *slog.Logger // the operator's log
	Exec    Starter      // who owns the process; nil means StartProcess
	Region  string       // whose services are warmed up; us-east-1 if empty
	Account string       // the account id that moto answers with; empty means moto's own 123456789012
	// ManagedPolicies loads AWS's managed policies (ReadOnlyAccess, ...) into
	// IAM. They cost 70 ms at the first call and some memory.
	ManagedPolicies bool
}

// Server is a running moto_server.
type Server struct {
	// URL is its address on loopback, without a path. Nobody but the gateway
	// should call it: it checks nothing.
	URL *url.URL
	// LogFile holds its standard output and error.
	LogFile string

	region string // whose services are warmed up
	stop   func(context.Context) error
}

// Start runs moto_server, waits until it answers, stops the tasks' states from
// changing by being looked at, and warms the services up. It takes 4 to 10 s.
// On error nothing is left running.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Exec == nil {
		c.Exec = StartProcess
	}
	// The kernel chooses the port and the child inherits the open socket: no
	// other process can take the port between choosing and listening.
	host := address()
	listener, err := net.Listen("tcp4", host+":0")
	if err != nil {
		return nil, fmt.Errorf("listen for moto: %w", err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, fmt.Errorf("share the listener with moto: %w", err)
	}
	defer socket.Close()
	port := listener.Addr().(*net.TCPAddr).Port

	s := &Server{
		region:  cmp.Or(c.Region, "us-east-1"),
		URL:     &url.URL{Scheme: "http", Host: listener.Addr().String()},
		LogFile: filepath.Join(c.Dir, "moto.log"),
	}
	out, err := os.OpenFile(s.LogFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open moto's log: %w", err)
	}
	defer out.Close()

	if s.stop, err = c.Exec(ctx, "moto", command(c, host, port, socket, out)); err != nil {
		return nil, fmt.Errorf("start moto_server: %w", err)
	}
	listener.Close() // from here on only the child listens: if it dies, dialling is refused
	socket.Close()
	if err := s.prepare(ctx); err != nil {
		_ = s.stop(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("%w; the last lines of %s: %s", err, s.LogFile, tail(s.LogFile))
	}
	c.Log.Info("moto is ready", "version", c.Tool.Version)
	return s, nil
}

// Stop ends the process and waits until it is gone.
func (s *Server) Stop(ctx context.Context) error { return s.stop(ctx) }

// address draws the loopback address to listen on. moto checks nobody and lets
// every web site read its answers, so a page in the user's browser that knew
// where it listens could read each secret and reset the world. It can try all
// ports of 127.0.0.1, but not all of 127.0.0.0/8. Only Linux has all of them.
func address() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails
	return net.IPv4(127, b[0], b[1], b[2]&0xfe|2).String()
}

// command is the process to start. The inherited socket is its descriptor 3,
// which the starter has to leave first in ExtraFiles.
func command(c Config, host string, port int, socket, out *os.File) *exec.Cmd {
	cmd := exec.Command(c.Tool.Path, "-H", host, "-p", strconv.Itoa(port))
	cmd.Dir = c.Dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(inherited(os.Environ()),
		// werkzeug takes a socket over when it believes that its own reloader
		// started it; -r is not given, so nothing is reloaded.
		"WERKZEUG_RUN_MAIN=true", "WERKZEUG_SERVER_FD=3",
		"MOTO_PORT="+strconv.Itoa(port),
		"MOTO_EC2_LOAD_DEFAULT_AMIS=false", // 1177 images: 1.5 s for each describe-images
		"MOTO_IAM_LOAD_MANAGED_POLICIES="+strconv.FormatBool(c.ManagedPolicies),
		"PYTHONUNBUFFERED=1",
	)
	if c.Account != "" {
		cmd.Env = append(cmd.Env, "MOTO_ACCOUNT_ID="+c.Account)
	}
	return cmd
}
