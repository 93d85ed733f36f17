package shell

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

func df(c *call) int {
	on, _, names, ok := c.flags("hTkmPi", "t")
	if !ok {
		return 1
	}
	all := c.host.Disks()
	if len(names) > 0 {
		var some []Disk
		for _, name := range names {
			if _, err := c.files.stat(c.path(name), true); err != nil {
				return c.fail("%s: %s", name, reason(err))
			}
			some = append(some, holds(all, c.path(name)))
		}
		all = some
	}
	kind := func(of string) string { // a column of its own, where it is asked for
		if !on['T'] {
			return ""
		}
		return fmt.Sprintf("%-4s ", of)
	}
	if on['h'] {
		c.printf("%-15s %s%5s %5s %5s %4s %s\n", "Filesystem", kind("Type"), "Size", "Used", "Avail", "Use%", "Mounted on")
	} else {
		c.printf("%-15s %s%10s %9s %9s %4s %s\n", "Filesystem", kind("Type"), "1K-blocks", "Used", "Available", "Use%", "Mounted on")
	}
	for _, d := range all {
		used := d.Size - d.Free
		if on['h'] {
			c.printf("%-15s %s%5s %5s %5s %4s %s\n", d.Device, kind(d.Type), human(d.Size), human(used), human(d.Free), percent(used, d.Size), d.Mount)
		} else {
			c.printf("%-15s %s%10d %9d %9d %4s %s\n", d.Device, kind(d.Type), d.Size>>10, used>>10, d.Free>>10, percent(used, d.Size), d.Mount)
		}
	}
	return 0
}

// percent is rounded up, as df does it.
func percent(used, size int64) string {
	if size == 0 {
		return "-"
	}
	return strconv.FormatInt((used*100+size-1)/size, 10) + "%"
}

// holds is the disk on which a name lies: the one that is mounted closest to it.
func holds(all []Disk, name string) (best Disk) {
	for _, d := range all {
		if (d.Mount == "/" || name == d.Mount || strings.HasPrefix(name, d.Mount+"/")) && len(d.Mount) >= len(best.Mount) {
			best = d
		}
	}
	return best
}

func lsblk(c *call) int {
	c.printf("%-12s %5s %-4s %s\n", "NAME", "SIZE", "TYPE", "MOUNTPOINTS")
	for _, d := range c.host.Disks() {
		c.printf("%-12s %5s disk %s\n", path.Base(d.Device), human(d.Bytes), d.Mount)
	}
	return 0
}

func mounts(c *call) int {
	for _, d := range c.host.Disks() {
		c.printf("%s on %s type %s (rw,noatime)\n", d.Device, d.Mount, d.Type)
	}
	return 0
}

// diskOf finds a disk by its device or by where it is mounted.
func (c *call) diskOf(name string) (Disk, bool) {
	all := c.host.Disks()
	i := slices.IndexFunc(all, func(d Disk) bool { return d.Device == c.path(name) || d.Mount == c.path(name) })
	if i < 0 {
		return Disk{}, false
	}
	return all[i], true
}

func xfsGrow(c *call) int {
	_, _, names, ok := c.flags("dnx", "D")
	if !ok || len(names) != 1 {
		return c.fail("want one mount point, as in: xfs_growfs -d /var/log/inventory")
	}
	d, ok := c.diskOf(names[0])
	if !ok {
		return c.fail("%s is not a mounted XFS filesystem", names[0])
	}
	const block = 4096
	c.printf("meta-data=%s isize=512 agcount=4\ndata     = bsize=%d blocks=%d\n", d.Device, block, d.Size/block)
	if d.Bytes <= d.Size {
		c.printf("data size unchanged, skipping\n")
		return 0
	}
	if err := c.host.Grow(d.Mount); err != nil {
		return c.fail("XFS_IOC_FSGROWFSDATA xfsctl failed: %s", reason(err))
	}
	c.printf("data blocks changed from %d to %d\n", d.Size/block, d.Bytes/block)
	return 0
}

// resize2fs refuses as it does on AWS: it is for ext4, and these are XFS.
func resize2fs(c *call) int {
	if len(c.args) == 0 {
		return c.fail("want a device")
	}
	c.fail("Bad magic number in super-block while trying to open %s", c.args[0])
	c.fail("Couldn't find valid filesystem superblock. The file systems of this box are XFS: xfs_growfs.")
	return 1
}

// growpart has nothing to do where a file system lies on the whole device.
func growpart(c *call) int {
	if len(c.args) != 2 {
		return c.fail("want a device and the number of a partition")
	}
	c.printf("FAILED: %s has no partition %s: its file system lies on the whole device\n", c.args[0], c.args[1])
	return 2
}
