package process

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Bounds on what a child may make us keep: a log file and its predecessor, and
// a line, after which it is cut in two.
const (
	logBound  = 8 << 20
	lineBound = 64 << 10
)

// readLines calls each with every line of r until r ends. A line longer than
// lineBound comes in pieces.
func readLines(r io.Reader, each func([]byte)) error {
	in := bufio.NewReaderSize(r, lineBound)
	for {
		line, err := in.ReadSlice('\n')
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 || err == nil {
			each(line)
		}
		switch {
		case err == nil, errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

// logFile is a file that keeps the last one to two bounds of what is written.
type logFile struct {
	path  string
	bound int64
	file  *os.File
	size  int64
}

func openLog(path string, bound int64) (*logFile, error) {
	l := &logFile{path: path, bound: bound}
	return l, l.open()
}

func (l *logFile) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open log: %w", err), f.Close())
	}
	l.file, l.size = f, info.Size()
	return nil
}

// line appends one line. When the file is full, it becomes the predecessor.
func (l *logFile) line(b []byte) error {
	if l.file == nil {
		return os.ErrClosed
	}
	if l.size > 0 && l.size+int64(len(b))+1 > l.bound {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(append(slices.Clip(b), '\n'))
	l.size += int64(n)
	return err
}

func (l *logFile) rotate() error {
	err := l.close()
	if err == nil {
		err = os.Rename(l.path, l.path+".1")
	}
	if err == nil {
		err = l.open()
	}
	if err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	return nil
}

func (l *logFile) close() error {
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}
