package ledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestAGlanceChangesNothing: not a byte, and no file where there is none.
func TestAGlanceChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, err := Glance(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no ledger: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it made one: %v", err)
	}
	book, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.Append(t.Context(), round.Event{Round: "R1"}, round.Event{Round: "R1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := Glance(path); !errors.Is(err, ErrInUse) {
		t.Errorf("in use: %v", err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if last, err := Glance(path); last != 2 || err != nil {
		t.Errorf("%d, %v", last, err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("it changed the file, %v", err)
	}
}

func TestAGlanceSeesWhatOpenRefuses(t *testing.T) {
	spoil := func(change func(*bbolt.Tx) error) string {
		path := filepath.Join(t.TempDir(), "ledger.db")
		book, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(book.db.Update(change), book.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := spoil(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(keySchema, []byte("9")) })
	lost := spoil(func(tx *bbolt.Tx) error { return tx.Bucket(bucketEvents).SetSequence(7) })
	none := spoil(func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketMeta) })
	text := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no ledger ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{other: `schema is "9"`, lost: "damaged", none: "no ledger of a bot", text: "invalid database"} {
		if _, err := Glance(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
