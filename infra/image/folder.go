package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

type folder struct{ dir string }

// FromFolder takes programs that were built before, each in a file of its name.
func FromFolder(dir string) Programs { return folder{dir} }

func (f folder) Put(ctx context.Context, p Program, path string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("copy %s: %w", p, err)
	}
	from := filepath.Join(f.dir, string(p))
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copy %s: %w; unpack the bot's release again, or run the bot from its sources", p, err)
	} else if err != nil {
		return fmt.Errorf("copy %s: %w", p, err)
	}
	if err := check(from); err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o755); err != nil {
		return fmt.Errorf("copy %s: %w", p, err)
	}
	return os.Chmod(path, 0o755) // also where there was a file before
}
