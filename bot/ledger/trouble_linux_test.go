package ledger_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/chaotic-good/scenarios/bot/ledger"
)

// The file is cut at every byte of its last page, as a disk that lost its end
// would leave it. It opens whole, or says what is wrong; it never opens with
// fewer events, and never takes the process with it.
func TestCutAtEveryByteOfTheLastPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	for i := range 60 {
		if _, err := l.Append(t.Context(), event(fmt.Sprint("event ", i, strings.Repeat(".", 100)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	used, page := pages(t, path)
	if used > len(raw) || used < 3*page {
		t.Fatalf("the ledger uses %d bytes of %d, in pages of %d", used, len(raw), page)
	}
	cut := filepath.Join(t.TempDir(), "cut.db")
	whole := func(size int) (int, error) {
		if err := os.WriteFile(cut, raw[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := ledger.Open(cut)
		if err != nil {
			return 0, err
		}
		defer func() { _ = l.Close() }()
		return len(all(t, l, 1)), nil
	}
	for size := used - page; size < used; size++ {
		if n, err := whole(size); err == nil && n != 60 {
			t.Fatalf("cut at %d of %d: it opened with %d events of 60", size, used, n)
		} else if err != nil && !strings.Contains(err.Error(), "cut off") {
			t.Fatalf("cut at %d of %d: %v", size, used, err)
		}
	}
	if n, err := whole(used); err != nil || n != 60 {
		t.Errorf("whole, without the free space behind it: %d events, %v", n, err)
	}
	sizes := []int{1, page - 1, page, 2*page - 1}
	for size := 2 * page; size < used; size += page {
		sizes = append(sizes, size)
	}
	for _, size := range sizes {
		if _, err := whole(size); err == nil {
			t.Errorf("%d bytes are no ledger, and it opened", size)
		}
	}
}

// pages gives how many bytes of a ledger are in use, and the size of a page.
func pages(t *testing.T, path string) (used, page int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error { used = int(tx.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	return used, db.Info().PageSize
}

// A full disk refuses the event and loses none that was kept; with room again
// the very same ledger goes on.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatalf("mount a small disk: %v", err)
		}
		t.Skipf("a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, bytes.Repeat([]byte("x"), 200<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ledger.db")
	l := open(t, path)
	kept := 0
	var full error
	for full == nil {
		if _, full = l.Append(t.Context(), event(strings.Repeat("y", 3000))); full == nil {
			kept++
		}
		if kept > 1000 {
			t.Fatal("a disk of 512 KiB takes everything")
		}
	}
	if !strings.Contains(full.Error(), "no space left") {
		t.Errorf("a full disk is told as: %v", full)
	}
	if got := len(all(t, l, 1)); got != kept || l.Len() != uint64(kept) {
		t.Errorf("%d were kept, %d are read and %d are counted", kept, got, l.Len())
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	next, err := l.Append(t.Context(), event("room again"))
	if err != nil || next[0].Seq != uint64(kept+1) {
		t.Fatalf("with room again: %v, %v", next, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(all(t, open(t, path), 1)); got != kept+1 {
		t.Errorf("reopened with %d events of %d", got, kept+1)
	}
}
