package shop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T, dir string) *stockFile {
	t.Helper()
	f, err := openStockFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.close() })
	return f
}

func TestCountsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if n, ok := f.count(17); !ok || n != initialCount(17) {
		t.Errorf("product 17 begins with %d, %v", n, ok)
	}
	if _, ok := f.count(catalogueSize + 1); ok {
		t.Error("counts a product that nobody sells")
	}
	for range movementsPerSnapshot + 100 { // across a snapshot
		if err := f.move(); err != nil {
			t.Fatal(err)
		}
	}
	f.close()
	if again := open(t, dir); !slices.Equal(again.state.Counts, f.state.Counts) || again.state.Sequence != movementsPerSnapshot+100 {
		t.Errorf("movement %d or its counts are lost; at %d", f.state.Sequence, again.state.Sequence)
	}
	if slices.Min(f.state.Counts) < 0 {
		t.Error("a count below zero")
	}
}

// A crash may cut the journal at any byte: only the movement that was being
// written may be lost, and none may be counted twice.
func TestAJournalCutAtAnyByteIsRead(t *testing.T) {
	f := open(t, t.TempDir())
	var ends []int
	for range 5 {
		if err := f.move(); err != nil {
			t.Fatal(err)
		}
		info, err := f.journal.Stat()
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int(info.Size()))
	}
	journal, err := os.ReadFile(f.path("stock.journal"))
	if err != nil {
		t.Fatal(err)
	}
	for at := range len(journal) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "stock.journal"), journal[:at], 0o644); err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, end := range ends {
			if end <= at {
				whole++
			}
		}
		for try := range 2 {
			if got := open(t, dir); got.state.Sequence != int64(whole) {
				t.Fatalf("cut at byte %d, opening %d: movement %d, want %d", at, try, got.state.Sequence, whole)
			}
		}
	}
}

func TestMovementsThatTheSnapshotHasAreSkipped(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	for range 3 {
		if err := f.move(); err != nil {
			t.Fatal(err)
		}
	}
	journal, err := os.ReadFile(f.path("stock.journal"))
	if err != nil {
		t.Fatal(err)
	}
	open(t, dir) // writes the snapshot
	if err := os.WriteFile(f.path("stock.journal"), journal, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := open(t, dir); !slices.Equal(got.state.Counts, f.state.Counts) {
		t.Error("movements were counted twice")
	}
}

func TestADamagedJournalIsRefused(t *testing.T) {
	for _, journal := range []string{"1 2 -1\nrubbish\n", "2 2 -1\n", "1 999999 -1\n"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "stock.journal"), []byte(journal), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := openStockFile(dir); err == nil || !strings.Contains(err.Error(), "stock.journal") {
			t.Errorf("%q: %v", journal, err)
		}
	}
}

func TestTheInventoryEndsWhenItCannotWrite(t *testing.T) {
	f := open(t, t.TempDir())
	f.journal.Close()
	if err := f.moving(t.Context()); err == nil || !strings.Contains(err.Error(), "write movement") {
		t.Errorf("got %v", err)
	}
}
