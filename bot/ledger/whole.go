package ledger

import (
	"errors"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// whole refuses a file that is shorter than its own pages: bbolt maps it, and
// the first look at a page that is not there would end the process by SIGBUS.
// A read-only open without its list of free pages touches the first two only.
func whole(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil // there is none yet
	}
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, ReadOnly: true})
	if errors.Is(err, berrors.ErrTimeout) {
		return fmt.Errorf("open %s: %w", path, ErrInUse)
	} else if err != nil {
		return fmt.Errorf("open the ledger %s: %w", path, err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		if want := tx.Size(); info.Size() < want {
			return fmt.Errorf("open the ledger %s: it is cut off, it has %d bytes of at least %d; restore it from a backup", path, info.Size(), want)
		}
		return nil
	})
	return errors.Join(err, db.Close())
}
