package runner

import (
	"encoding/json"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// note is written down while Terraform holds a lock for us, and is left when
// this process or Terraform dies over it. By it a lock is known for one that our
// own dead run left: that run had the lock at Held and not yet at Began, nobody
// else can have had one in between, and the lock says when it was made. It is
// taken away without a person only then, and only when no Terraform works in the
// round's folder; everything less is the operator's to judge.
type note struct {
	Began time.Time `json:"began"` // of the act
	Held  time.Time `json:"held"`  // when Terraform surely had the lock
}

// holding reports whether Terraform has the lock when it says this.
func (e event) holding() bool {
	switch e.Type {
	case planned, begun, "refresh_start", "change_summary":
		return true
	}
	return false
}

// readNote gives the note of a run that died; nil: there is none.
func readNote(path string) *note {
	var n note
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &n) != nil {
		return nil
	}
	return &n
}

// write keeps the note. Where it cannot, a lock that is left is a person's work.
func (n note) write(path string) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return writeWhole(path, text)
}

// left reports whether the lock was left by the run that wrote the note.
func (n *note) left(l *Locked, root string) bool {
	if n == nil || l.Who != us() {
		return false
	}
	made, err := time.Parse("2006-01-02 15:04:05.999999999 -0700 MST", l.Since)
	return err == nil && !made.Before(n.Began) && !made.After(n.Held) && !works(root)
}

// us is how Terraform names us in a lock.
func us() string {
	who, err := user.Current()
	host, herr := os.Hostname()
	if err != nil || herr != nil {
		return ""
	}
	return who.Username + "@" + host
}

// works reports whether a Terraform works in a folder, or may: only Linux tells.
// Whoever asks has the round's lock, so none can begin.
func works(dir string) bool {
	all, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil || len(all) == 0 || runtime.GOOS != "linux" {
		return true
	}
	for _, cwd := range all {
		at, err := os.Readlink(cwd)
		if errors.Is(err, os.ErrPermission) {
			continue // somebody else's, which our state is hidden from
		}
		name, _ := os.ReadFile(filepath.Join(filepath.Dir(cwd), "comm")) // one that is gone has none
		if at == dir && strings.TrimSpace(string(name)) == "terraform" {
			return true
		}
	}
	return false
}
