package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// marker is the file by which we know a folder as one that we made.
const marker = ".chaotic-good-run"

// makeFolder makes the run folder. It refuses one that is in use for anything,
// because whatever carries the marker will be removed with all that is in it.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("make run folder: %s is not empty", dir)
	}
	if err := os.WriteFile(filepath.Join(dir, marker), []byte("made by a rehearsal, removed when it ends\n"), 0o600); err != nil {
		return fmt.Errorf("mark run folder: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	return nil
}

// RemoveFolder removes a run folder and all that is in it. A folder without
// our marker is refused; one that is gone already is fine.
func RemoveFolder(dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	info, err := os.Lstat(filepath.Join(dir, marker))
	if err != nil {
		return fmt.Errorf("remove run folder: %s is not one of ours: %w", dir, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("remove run folder: %s is not one of ours", dir)
	}
	// The marker goes last, so that a removal cut short can be repeated.
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("remove run folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == marker {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove run folder: %w", err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove run folder: %w", err)
	}
	return nil
}
