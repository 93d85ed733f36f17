package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// grace is what requests in flight get after the order to stop.
const grace = 2 * time.Second

// listen serves h until ctx ends, then finishes what is in flight for at most
// grace. Requests live on work, not on ctx: a stop must not end an order
// halfway. The caller ends work after listen has returned.
func listen(ctx, work context.Context, c config, log *slog.Logger, h http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelError),
		BaseContext:       func(net.Listener) context.Context { return work },
	}
	if err := writeAddress(c.addressFile, l.Addr().String()); err != nil {
		l.Close()
		return err
	}
	log.Info(fmt.Sprintf("listening on %s, release %s", l.Addr(), c.release))

	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := srv.Shutdown(last); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop listening: %w", err)
	}
	srv.Close() // requests that outlived their grace
	return nil
}

// writeAddress replaces path in one step: whoever waits for the file must
// never read half an address.
func writeAddress(path, address string) error {
	if path == "" {
		return nil
	}
	if err := replaceFile(path, []byte(address)); err != nil {
		return fmt.Errorf("write address file: %w", err)
	}
	return nil
}

// replaceFile writes data beside path, syncs and renames: after a crash path
// holds the old content or the new, never a mixture.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
