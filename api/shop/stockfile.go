package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// movementsPerSnapshot bounds the journal, and so the time to open it.
const movementsPerSnapshot = 4096

// stockFile holds the inventory's counts: a snapshot, and a journal of the
// movements since. The snapshot is replaced in one step before the journal is
// emptied; a crash in between leaves movements that the snapshot already has,
// which their numbers tell.
type stockFile struct {
	dir string

	mu      sync.Mutex
	state   stockState
	journal *os.File
	lines   int
}

// stockState is the snapshot: Counts[i] belongs to product i+1, Sequence is
// the number of the last movement in it.
type stockState struct {
	Sequence int64   `json:"sequence"`
	Counts   []int64 `json:"counts"`
}

// initialCount is what the warehouse starts with; the same everywhere.
func initialCount(product int64) int64 { return 20 + product*37%181 }

// openStockFile reads what is in dir, or starts with the initial counts. A
// last line that a crash cut short is dropped; any other damage is an error.
func openStockFile(dir string) (*stockFile, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open stock file: %w", err)
	}
	f := &stockFile{dir: dir}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("open stock file: %w", err)
	}
	journal, err := os.OpenFile(f.path("stock.journal"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open stock file: %w", err)
	}
	f.journal = journal
	if err := f.snapshot(); err != nil {
		journal.Close()
		return nil, fmt.Errorf("open stock file: %w", err)
	}
	return f, nil
}

func (f *stockFile) close() error { return f.journal.Close() }

// count is how many pieces of a product there are, false where it is unknown.
func (f *stockFile) count(product int64) (int64, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if product < 1 || product > int64(len(f.state.Counts)) {
		return 0, false
	}
	return f.state.Counts[product-1], true
}

// counts is how many pieces there are of each product.
func (f *stockFile) counts() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.state.Counts)
}

// move takes a few pieces of one product, or has 40 delivered where too few
// are left, and returns once that is in the journal.
func (f *stockFile) move() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.state.Sequence + 1
	product := 1 + n*7919%int64(len(f.state.Counts))
	change := -(1 + n%3)
	if f.state.Counts[product-1]+change < 0 {
		change = 40
	}
	if _, err := fmt.Fprintf(f.journal, "%d %d %d\n", n, product, change); err != nil {
		return err
	}
	f.state.Sequence = n
	f.state.Counts[product-1] += change
	if f.lines++; f.lines >= movementsPerSnapshot {
		return f.snapshot()
	}
	return nil
}

func (f *stockFile) path(name string) string { return filepath.Join(f.dir, name) }

func (f *stockFile) load() error {
	data, err := os.ReadFile(f.path("stock.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for id := int64(1); id <= catalogueSize; id++ {
			f.state.Counts = append(f.state.Counts, initialCount(id))
		}
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(data, &f.state); err != nil {
			return fmt.Errorf("stock.json: %w", err)
		}
		if len(f.state.Counts) == 0 {
			return errors.New("stock.json: no counts")
		}
	}
	journal, err := os.ReadFile(f.path("stock.journal"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.replay(journal)
}

func (f *stockFile) replay(journal []byte) error {
	whole := journal[:bytes.LastIndexByte(journal, '\n')+1]
	for line := range bytes.Lines(whole) {
		var n, product, change int64
		if _, err := fmt.Sscanf(string(line), "%d %d %d\n", &n, &product, &change); err != nil {
			return fmt.Errorf("stock.journal: %q: %w", line, err)
		}
		if n <= f.state.Sequence {
			continue
		}
		if n != f.state.Sequence+1 || product < 1 || product > int64(len(f.state.Counts)) {
			return fmt.Errorf("stock.journal: %q does not follow movement %d", line, f.state.Sequence)
		}
		f.state.Sequence = n
		f.state.Counts[product-1] += change
	}
	return nil
}

// snapshot writes all counts and empties the journal.
func (f *stockFile) snapshot() error {
	data, err := json.Marshal(f.state)
	if err != nil {
		return err
	}
	if err := replaceFile(f.path("stock.json"), data); err != nil {
		return err
	}
	f.lines = 0
	return f.journal.Truncate(0)
}
