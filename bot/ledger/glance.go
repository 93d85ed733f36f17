package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Glance looks at the ledger at path without changing it, and tells the last
// event's number. It fails as Open does: with ErrInUse while a bot has it open,
// with fs.ErrNotExist where there is none.
func Glance(path string) (last uint64, err error) {
	if err := whole(path); err != nil {
		return 0, err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, ReadOnly: true})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return 0, fmt.Errorf("look at %s: %w", path, ErrInUse)
	case err != nil:
		return 0, fmt.Errorf("look at the ledger %s: %w", path, err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		meta, events := tx.Bucket(bucketMeta), tx.Bucket(bucketEvents)
		if meta == nil || events == nil {
			return errors.New("it is no ledger of a bot")
		}
		if found := meta.Get(keySchema); string(found) != schema {
			return fmt.Errorf("its schema is %q, and this bot knows %s: use the bot that wrote it", found, schema)
		}
		if key, _ := events.Cursor().Last(); len(key) == 8 {
			last = binary.BigEndian.Uint64(key)
		}
		if last != events.Sequence() {
			return fmt.Errorf("the last event is %d and %d were counted; the file is damaged", last, events.Sequence())
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("look at the ledger %s: %w", path, err)
	}
	return last, errors.Join(err, db.Close())
}
