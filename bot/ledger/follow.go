package ledger

import (
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// Wait returns when an event after the given sequence exists, or ctx ends.
func (l *Ledger) Wait(ctx context.Context, after uint64) error {
	for {
		l.mu.Lock()
		last, grown := l.last, l.grown
		l.mu.Unlock()
		if last > after {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the ledger: %w", ctx.Err())
		case <-grown:
		}
	}
}

// Cursor returns the last sequence that a follower has dealt with; 0: none.
func (l *Ledger) Cursor(_ context.Context, name string) (uint64, error) {
	var seq uint64
	err := l.db.View(func(tx *bbolt.Tx) error {
		switch raw := tx.Bucket(bucketCursors).Get([]byte(name)); len(raw) {
		case 0:
		case 8:
			seq = binary.BigEndian.Uint64(raw)
		default:
			return fmt.Errorf("%d bytes where 8 belong", len(raw))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the cursor %s: %w", name, err)
	}
	return seq, nil
}

// SetCursor notes how far a follower is.
func (l *Ledger) SetCursor(_ context.Context, name string, seq uint64) error {
	return l.put(bucketCursors, name, key(seq))
}

// Note returns what a follower remembered under a key.
func (l *Ledger) Note(_ context.Context, name string) (value string, found bool, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		raw := tx.Bucket(bucketNotes).Get([]byte(name))
		value, found = string(raw), raw != nil
		return nil
	})
	if err != nil {
		return "", false, fmt.Errorf("read the note %s: %w", name, err)
	}
	return value, found, nil
}

// SetNote remembers a value under a key.
func (l *Ledger) SetNote(_ context.Context, name, value string) error {
	return l.put(bucketNotes, name, []byte(value))
}

func (l *Ledger) put(bucket []byte, name string, value []byte) error {
	err := l.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put([]byte(name), value) })
	if err != nil {
		return fmt.Errorf("note %s in the ledger: %w", name, err)
	}
	return nil
}
