package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// clone copies a data directory that no server uses. A cut leaves a folder
// beside dir, never half a dir.
func clone(ctx context.Context, from, dir string, as *process.User) error {
	if _, err := os.Stat(filepath.Join(from, "postmaster.pid")); err == nil {
		return fmt.Errorf("copy template: a server uses %s", from)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o711); err != nil {
		return fmt.Errorf("copy template: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".clone")
	if err != nil {
		return fmt.Errorf("copy template: %w", err)
	}
	err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(tmp, rel)
		switch {
		case rel == ".":
		case d.IsDir():
			err = os.Mkdir(to, 0o700)
		case d.Type().IsRegular():
			err = copyFile(path, to)
		default:
			return fmt.Errorf("%s is neither file nor folder", path)
		}
		return errors.Join(err, own(as, to))
	})
	if err == nil {
		err = os.Rename(tmp, dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copy template: %w", err), os.RemoveAll(tmp))
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in) // the kernel copies, or shares the blocks where it can
	return errors.Join(err, out.Close())
}
