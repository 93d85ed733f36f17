package box

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/chaotic-good/scenarios/infra/rehearsal/shell"
)

// rootBytes is the size of the box's first volume.
const rootBytes = Unit

// disk is the box's volumes.
type disk struct {
	dir  string
	mode string
	why  string // it is only a quota

	mu     sync.Mutex
	device int64 // of the log volume
	size   int64 // of the file system on it
}

// openDisk makes the file systems in the box's folder: two small ones of their
// own, whose end is real, or else folders, for whose end the inventory looks.
func openDisk(s Setup) (*disk, error) {
	d := &disk{dir: s.Dir, mode: Mounted, device: s.Bytes, size: s.Bytes}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the box's folder: %w", err)
	}
	if err := mountAt(s.Dir, rootBytes); err != nil {
		d.mode, d.why = Quota, err.Error()
	}
	if err := os.MkdirAll(d.log(), 0o755); err != nil {
		return nil, fmt.Errorf("make the log volume: %w", err)
	}
	if d.mode == Mounted {
		if err := mountAt(d.log(), s.Bytes); err != nil {
			return nil, fmt.Errorf("make the log volume: %w", err)
		}
		return d, nil
	}
	return d, d.writeQuota()
}

// mountAt mounts an empty file system of that size. The first mount fails where
// this process has not the mounts of its own that it was to get.
func mountAt(dir string, bytes int64) error {
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return err
	}
	if parent, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", os.Getppid())); err == nil && parent == own {
		return fmt.Errorf("this machine gives no process mounts of its own")
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to the box: %w", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options(bytes)); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return nil
}

func options(bytes int64) string { return "mode=0755,size=" + strconv.FormatInt(bytes, 10) }

func (d *disk) log() string { return filepath.Join(d.dir, LogMount) }

// quota is the file in which the inventory finds how much it may write.
func (d *disk) quota() string { return filepath.Join(d.dir, "run", "log.quota") }

func (d *disk) writeQuota() error {
	if err := os.MkdirAll(filepath.Dir(d.quota()), 0o755); err != nil {
		return fmt.Errorf("write the log volume's quota: %w", err)
	}
	if err := os.WriteFile(d.quota(), []byte(strconv.FormatInt(d.size, 10)), 0o644); err != nil {
		return fmt.Errorf("write the log volume's quota: %w", err)
	}
	return nil
}

func (d *disk) setDevice(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.device = bytes
}

// grow makes the log's file system as large as its device.
func (d *disk) grow() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.device <= d.size {
		return nil
	}
	if d.mode == Mounted {
		if err := unix.Mount("", d.log(), "", unix.MS_REMOUNT|unix.MS_NOSUID|unix.MS_NODEV, options(d.device)); err != nil {
			return err
		}
		d.size = d.device
		return nil
	}
	d.size = d.device
	return d.writeQuota()
}

// list is the disks as df shows them.
func (d *disk) list() []shell.Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	root := shell.Disk{Device: "/dev/nvme0n1p1", Mount: "/", Type: "xfs", Bytes: rootBytes, Size: rootBytes}
	log := shell.Disk{Device: LogDevice, Mount: LogMount, Type: "xfs", Bytes: d.device, Size: d.size}
	if d.mode == Mounted {
		root.Size, root.Free = space(d.dir)
		log.Size, log.Free = space(d.log())
	} else {
		log.Free = max(0, log.Size-used(d.log()))
		root.Free = max(0, root.Size-used(d.dir)+used(d.log()))
	}
	return []shell.Disk{root, log}
}

func space(dir string) (size, free int64) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, 0
	}
	return int64(s.Blocks) * s.Bsize, int64(s.Bavail) * s.Bsize
}

// used counts what lies in a folder.
func used(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if i, err := e.Info(); err == nil {
				n += i.Size()
			}
		}
		return nil // what has just gone counts for nothing
	})
	return n
}
