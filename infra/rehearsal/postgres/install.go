package postgres

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// version is the PostgreSQL that Install gets: the same major version that the
// stack uses on AWS.
const version = embedded.V16

// Install downloads PostgreSQL's programs into cacheDir, or finds them there
// from last time. progress, which may be nil, is told in a sentence what
// happens. An error is a *MissingError, because the cure is the same.
//
// The download cannot be interrupted: when ctx ends first, Install returns and
// the download ends by itself.
func Install(ctx context.Context, cacheDir string, progress func(string)) (Tool, error) {
	return install(ctx, cacheDir, "", progress)
}

func install(ctx context.Context, cacheDir, repository string, progress func(string)) (Tool, error) {
	dir, err := filepath.Abs(cacheDir)
	if err != nil {
		return Tool{}, fmt.Errorf("install PostgreSQL: %w", err)
	}
	home := filepath.Join(dir, "postgres-"+string(version))
	if t, err := inspect(ctx, filepath.Join(home, "bin")); err == nil {
		return t, nil
	}
	if progress != nil {
		progress(fmt.Sprintf("Downloading PostgreSQL %s, about 15 MB, once.", version))
	}
	if err := download(ctx, dir, home, repository); err != nil {
		return Tool{}, missing(fmt.Errorf("download PostgreSQL: %w", err))
	}
	t, err := inspect(ctx, filepath.Join(home, "bin"))
	if err != nil {
		return Tool{}, missing(fmt.Errorf("download PostgreSQL: %w", err))
	}
	return t, nil
}

func download(ctx context.Context, dir, home, repository string) error {
	// Everybody must be able to run it: as root we start it as someone else.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(dir, "download")
	if err != nil {
		return err
	}
	blocker := filepath.Join(scratch, "blocker")
	if err := os.WriteFile(blocker, nil, 0o600); err != nil {
		return err
	}
	// The library can only download as a part of starting a server. A data
	// directory beneath a file makes it give up in between.
	c := embedded.DefaultConfig().Version(version).CachePath(dir).BinariesPath(home).
		RuntimePath(filepath.Join(scratch, "run")).DataPath(filepath.Join(blocker, "data")).
		Port(0).Logger(io.Discard)
	if repository != "" {
		c = c.BinaryRepositoryURL(repository)
	}
	over := make(chan error, 1)
	go func() {
		err := embedded.NewDatabase(c).Start()
		_ = os.RemoveAll(scratch)
		over <- err
	}()
	select {
	case err = <-over:
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, err := os.Stat(filepath.Join(home, "bin", "postgres")); err == nil {
		return nil
	}
	return err
}
