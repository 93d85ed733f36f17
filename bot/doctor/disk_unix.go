//go:build linux || darwin || freebsd

package doctor

import "golang.org/x/sys/unix"

// FreeSpace gives the bytes that whoever runs this may still write to the disk
// that a folder is on.
func FreeSpace(folder string) (bytes uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

// Writable reports whether whoever runs this may write to a folder, without
// writing anything.
func Writable(folder string) error { return unix.Access(folder, unix.W_OK|unix.X_OK) }
