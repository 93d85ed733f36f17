package shell

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// files is the box's file system. All its names are absolute, and those of the
// box: /etc/inventory, not where that is on this machine.
type files struct{ root *os.Root }

// inside gives a name as os.Root wants it.
func inside(name string) string {
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name == "" {
		return "."
	}
	return name
}

// from makes a name absolute that was given in a folder.
func from(dir, name string) string {
	if !strings.HasPrefix(name, "/") {
		name = dir + "/" + name
	}
	return path.Clean(name)
}

func (f files) open(name string, flag int, perm fs.FileMode) (*os.File, error) {
	file, err := f.root.OpenFile(inside(name), flag, perm.Perm())
	return file, plain(name, err)
}

func (f files) stat(name string, follow bool) (info fs.FileInfo, err error) {
	if follow {
		info, err = f.root.Stat(inside(name))
	} else {
		info, err = f.root.Lstat(inside(name))
	}
	return info, plain(name, err)
}

func (f files) list(name string) ([]fs.DirEntry, error) {
	dir, err := f.open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	return entries, plain(name, err)
}

func (f files) read(name string) ([]byte, error) {
	file, err := f.open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, mostRead))
	return data, plain(name, err)
}

// mostRead bounds what a tool holds in memory.
const mostRead = 32 << 20

func (f files) write(name string, data []byte) error {
	file, err := f.open(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return plain(name, errors.Join(err, file.Close()))
}

// plain words an error as the box would: without a path of this machine.
func plain(name string, err error) error {
	if err == nil {
		return nil
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if strings.Contains(err.Error(), "escapes from parent") {
		err = fs.ErrPermission
	}
	return &fs.PathError{Op: "open", Path: name, Err: err}
}

// reason is the words of an error without its name.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied"
	case errors.Is(err, fs.ErrExist):
		return "File exists"
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
