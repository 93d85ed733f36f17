// Package ledger keeps the events of all rounds in one bbolt file.
//
// It knows bytes, sequence numbers and who has read how far. It does not know
// what an event means: it never refuses one, never changes one and never
// deletes one. An Append that returned is on disk.
package ledger

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/chaotic-good/scenarios/bot/round"
)

// schema is the version of the file's layout.
const schema = "1"

var (
	bucketMeta    = []byte("meta")
	bucketEvents  = []byte("events")  // big-endian sequence -> JSON event
	bucketCursors = []byte("cursors") // follower -> big-endian sequence
	bucketNotes   = []byte("notes")   // what a follower remembers, such as message ids
	keySchema     = []byte("schema")
)

// ErrInUse says that another process has the ledger open.
var ErrInUse = errors.New("the ledger is in use: another bot runs on this state folder")

// Ledger is an open ledger. Its methods may be called from any goroutine.
type Ledger struct {
	db *bbolt.DB

	mu    sync.Mutex
	last  uint64
	grown chan struct{} // closed and replaced whenever events were appended
}

// Open opens or creates the ledger at path. It waits at most a second for
// another process to let go of it, and fails with ErrInUse then. A file of
// another schema, or one that is damaged, is an error that says so; nothing is
// repaired silently.
func Open(path string) (*Ledger, error) {
	if err := whole(path); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("open %s: %w", path, ErrInUse)
	case err != nil:
		return nil, fmt.Errorf("open the ledger %s: %w", path, err)
	}
	db.MaxBatchDelay = time.Millisecond // a lone append does not wait long for company
	l := &Ledger{db: db, grown: make(chan struct{})}
	if err := db.Update(l.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger %s: %w", path, err), db.Close())
	}
	return l, nil
}

func (l *Ledger) prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketEvents, bucketCursors, bucketNotes} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(bucketMeta)
	switch found := meta.Get(keySchema); {
	case found == nil:
		if err := meta.Put(keySchema, []byte(schema)); err != nil {
			return err
		}
	case string(found) != schema:
		return fmt.Errorf("its schema is %s, and this bot knows %s: use the bot that wrote it", found, schema)
	}
	events := tx.Bucket(bucketEvents)
	key, _ := events.Cursor().Last()
	if key == nil {
		return nil
	}
	if len(key) != 8 {
		return fmt.Errorf("an event has a key of %d bytes; the file is damaged", len(key))
	}
	if l.last = binary.BigEndian.Uint64(key); l.last != events.Sequence() {
		return fmt.Errorf("the last event is %d and %d were counted; the file is damaged", l.last, events.Sequence())
	}
	return nil
}

// Close closes the file. Appends that are under way finish first.
func (l *Ledger) Close() error { return l.db.Close() }

// Append keeps the events, all or none, and gives them back with their sequence
// numbers. Calls at the same time share one write to disk.
func (l *Ledger) Append(ctx context.Context, events ...round.Event) ([]round.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	kept := make([]round.Event, len(events))
	err := l.db.Batch(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketEvents)
		for i, e := range events {
			seq, err := bucket.NextSequence()
			if err != nil {
				return err
			}
			e.Seq = seq
			raw, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if err := bucket.Put(key(seq), raw); err != nil {
				return err
			}
			kept[i] = e
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("append to the ledger: %w", err)
	}
	if len(kept) > 0 {
		l.announce(kept[len(kept)-1].Seq)
	}
	return kept, nil
}

func (l *Ledger) announce(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = max(l.last, seq)
	close(l.grown)
	l.grown = make(chan struct{})
}

// Replay gives every event from sequence from on, in order, until each fails.
// Events that are appended meanwhile may or may not be given.
func (l *Ledger) Replay(ctx context.Context, from uint64, each func(round.Event) error) error {
	const page = 256 // a slow follower must not hold one read transaction open
	for {
		events, err := l.read(from, page)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("replay: %w", err)
			}
			if err := each(e); err != nil {
				return err
			}
			from = e.Seq + 1
		}
		if len(events) < page {
			return nil
		}
	}
}

func (l *Ledger) read(from uint64, most int) ([]round.Event, error) {
	var events []round.Event
	err := l.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketEvents).Cursor()
		for k, v := c.Seek(key(from)); k != nil && len(events) < most; k, v = c.Next() {
			var e round.Event
			if err := json.Unmarshal(v, &e); err != nil {
				return fmt.Errorf("event %d is damaged: %w", binary.BigEndian.Uint64(k), err)
			}
			events = append(events, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return events, nil
}

// Len returns the sequence number of the last event: how many there are.
func (l *Ledger) Len() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func key(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }
