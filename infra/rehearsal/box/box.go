// Package box is an EC2 instance of the rehearsal with what a process cannot
// do without: a disk that is full when it is full, services that are started
// again, a shell and an SSH server.
//
// One process of ours is the hardware of one instance and holds its disks for
// as long as the instance exists. What runs in it, the inventory above all, are
// its children: they go when the power goes, and the disks stay. It knows
// mounts, the inventory's settings, SSH and the shell. It does not know AWS:
// its Machine is told when to boot, when to halt and how large the volume is.
//
// One GiB of EBS is 64 MiB here (Unit), so that a disk fills while a person
// watches, and on a small machine.
package box

import "time"

// Unit is how many bytes stand for one GiB of an EBS volume.
const Unit = 64 << 20

// The box's own names, as on AWS.
const (
	LogMount  = "/var/log/inventory"
	LogDevice = "/dev/nvme1n1"
	Login     = "inventory"
	service   = "inventory"
	home      = "/home/" + Login
	stockDir  = "/opt/inventory/stock"
	config    = "/etc/inventory/inventory.conf"
)

// Setup is what an instance is made of.
type Setup struct {
	Dir     string // on this machine; the box's / lies in it
	Name    string // the host's, as it calls itself
	Bytes   int64  // of the log volume's device
	Keys    string // the public keys that may log in, one a line
	Shop    []string
	LogRate int64  // bytes a second that the inventory logs when it says everything
	SSH     bool   // false: nobody can log in
	Task    string // the inventory's name in its logs
}

// How the log volume is held.
const (
	Mounted = "a file system of its own"
	Quota   = "a quota that the inventory obeys"
)

// State is what a machine does.
type State struct {
	Seq       int64
	Disk      string // Mounted or Quota
	Why       string // it is only a quota
	On        bool
	Boots     int    // the number that the last boot was given
	Crashed   int    // how often its kernel was stopped from inside
	Inventory string // where it listens; empty: it does not
	SSH       string
	Metrics   string
	Device    int64
	Typed     []Typed // over SSH, the latest of it
}

// Typed is one line that somebody had the box carry out, or their login.
type Typed struct {
	N     int // 1 for the machine's first
	At    time.Time
	Line  string // empty: a login
	Looks bool   // it changes nothing
}

// The bounds of what is kept of that.
const (
	keptTyped = 32
	keptLine  = 2000 // bytes
)

// Power is an order to boot or to halt.
type Power struct {
	On    bool
	Hard  bool // nothing may finish what it began
	Boots int
}

// Script is what somebody wants run.
type Script struct {
	User    string
	Text    string
	Timeout time.Duration
}

// Result is how it ended. Cut says that the power went before the end.
type Result struct {
	Out, Err string
	Code     int
	TimedOut bool
	Cut      bool
}
