package shop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// logFile is the inventory's own log: the present file and some older ones with
// numbers. It keeps a bounded number of bytes, whatever is written to it.
type logFile struct {
	dir   string
	quota string // file that says how many bytes there may be; empty: the disk says it

	mu    sync.Mutex
	keep  int // files, the present one included
	size  int64
	file  *os.File
	bytes int64 // in the present file
}

func openLogFile(dir, quota string, keep int, size int64) (*logFile, error) {
	f := &logFile{dir: dir, quota: quota, keep: keep, size: size}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open the log: %w", bare(err))
	}
	if err := f.bound(keep, size); err != nil {
		return nil, err
	}
	return f, f.open()
}

func (f *logFile) path(n int) string {
	name := filepath.Join(f.dir, "inventory.log")
	if n > 0 {
		name += "." + strconv.Itoa(n)
	}
	return name
}

func (f *logFile) open() error {
	file, err := os.OpenFile(f.path(0), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open the log: %w", bare(err))
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the log: %w", bare(err)), file.Close())
	}
	f.file, f.bytes = file, info.Size()
	return nil
}

// bound sets how much is kept, and removes at once what is more.
func (f *logFile) bound(keep int, size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep, f.size = keep, size
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("bound the log: %w", bare(err))
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), "inventory.log.")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < keep {
			continue
		}
		if err := os.Remove(f.path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("bound the log: %w", bare(err))
		}
	}
	return nil
}

// Write writes whole lines. A file that is long enough makes room for the next
// one first, so that never more is kept than was said.
func (f *logFile) Write(lines []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bytes > 0 && f.bytes+int64(len(lines)) > f.size {
		if err := f.rotate(); err != nil {
			return 0, err
		}
	}
	fits, err := f.room(len(lines))
	if err != nil {
		return 0, err
	}
	n, err := f.file.Write(lines[:fits])
	f.bytes += int64(n)
	if info, serr := f.file.Stat(); serr == nil {
		f.bytes = info.Size() // somebody may have truncated it
	}
	if err == nil && fits < len(lines) {
		err = syscall.ENOSPC
	}
	if err != nil {
		return n, fmt.Errorf("write inventory.log: %w", bare(err))
	}
	return n, nil
}

// bare is an error without the file's name, which is another one to whoever
// reads the log than to us.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func (f *logFile) rotate() error {
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("rotate the log: %w", err)
	}
	if err := os.Remove(f.path(f.keep - 1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rotate the log: %w", err)
	}
	for n := f.keep - 2; n >= 0; n-- {
		if err := os.Rename(f.path(n), f.path(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate the log: %w", err)
		}
	}
	return f.open()
}

// room says how many bytes of so many fit. It obeys a quota as a disk would
// enforce it.
func (f *logFile) room(bytes int) (int, error) {
	if f.quota == "" {
		return bytes, nil
	}
	raw, err := os.ReadFile(f.quota)
	if err != nil {
		return 0, fmt.Errorf("read the log's quota: %w", bare(err))
	}
	left, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the log's quota: %w", err)
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return 0, fmt.Errorf("read the log's quota: %w", bare(err))
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			left -= info.Size()
		}
	}
	return int(min(int64(bytes), max(left, 0))), nil
}

func (f *logFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
