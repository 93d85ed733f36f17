package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// folder is where a Runner keeps all that it keeps:
//
//	bin/         Terraform, where it had to be installed
//	plugins/     the providers, shared by the rounds
//	locks/       a file for each round that says whether somebody works on it
//	times.json   how long earlier rounds took
//	R7/          a round: its inputs, what Terraform reads, and a local state
//	look/        the same while somebody looks at a round that is not there yet
type folder string

func folderAt(path string) (folder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the folder of the states: %w", err)
	}
	return folder(abs), nil
}

func (d folder) bin() string     { return filepath.Join(string(d), "bin") }
func (d folder) plugins() string { return filepath.Join(string(d), "plugins") }
func (d folder) locks() string   { return filepath.Join(string(d), "locks") }
func (d folder) times() string   { return filepath.Join(string(d), "times.json") }

func (d folder) look() home { return home(filepath.Join(string(d), "look")) }

func (d folder) home(id round.ID) home { return home(filepath.Join(string(d), string(id))) }

// lock takes the lock of that name, or says that somebody has it: another call
// or another process of this bot. The system lets go of it when the process ends.
func (d folder) lock(name string) (release func() error, err error) {
	if err := os.MkdirAll(d.locks(), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of locks: %w", err)
	}
	l := flock.New(filepath.Join(d.locks(), name+".lock"), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if !got {
		return nil, fmt.Errorf("%s is being worked on by another run of this bot; two at once would spoil each other's state", name)
	}
	return l.Close, nil
}

// forgetLook removes what is left of a look whose bot was killed: its plan is in
// clear text. One that somebody is at, such as a bot beside this process, stays.
func (d folder) forgetLook() error {
	if _, err := os.Stat(string(d.look())); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	release, err := d.lock("look")
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(string(d.look())), release())
}

// await takes a lock as soon as nobody else has it.
func (d folder) await(ctx context.Context, name string) (release func() error, err error) {
	for _, dir := range []string{d.locks(), d.plugins()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the runner's folders: %w", err)
		}
	}
	l := flock.New(filepath.Join(d.locks(), name+".lock"), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return nil, fmt.Errorf("wait for the lock of %s: %w", name, err)
	}
	return l.Close, nil
}

// home is the folder of one round.
type home string

func (h home) vars() string     { return filepath.Join(string(h), "vars.tfvars.json") }
func (h home) plan() string     { return filepath.Join(string(h), "plan") }
func (h home) note() string     { return filepath.Join(string(h), "held.json") }
func (h home) state() string    { return filepath.Join(string(h), "terraform.tfstate") }
func (h home) work() string     { return filepath.Join(string(h), "work") }
func (h home) root() string     { return filepath.Join(h.work(), "infra", "terraform") }
func (h home) rendered() string { return filepath.Join(h.work(), "infra", "rendered") }
func (h home) site() string     { return filepath.Join(h.work(), "frontend") }

// rescued is where Terraform leaves a state that it could not bring to its
// backend.
func (h home) rescued() string { return filepath.Join(h.root(), "errored.tfstate") }

// fill writes anew all that Terraform reads, and keeps what it wrote itself.
func (r *Runner) fill(ctx context.Context, h home, spec round.Spec, programs func(context.Context, string) error) error {
	if err := h.clear(); err != nil {
		return err
	}
	if err := os.MkdirAll(h.work(), 0o700); err != nil {
		return fmt.Errorf("make the folder of %s: %w", spec.Round, err)
	}
	root, err := r.cfg.Unpack(filepath.Dir(h.root()))
	if err != nil {
		return err
	}
	if root != h.root() {
		return fmt.Errorf("what Terraform reads came to %s instead of %s", root, h.root())
	}
	if err := writeEndpoints(root, r.cfg.Endpoint); err != nil {
		return err
	}
	names := infra.NamesOf(spec.Round)
	files := infra.Rendered{Dir: h.rendered(), Names: names, Region: r.cfg.Region, Webhook: spec.Webhook.URL}
	if err := files.Write(); err != nil {
		return err
	}
	if err := os.CopyFS(h.site(), r.cfg.Pages); err != nil {
		return fmt.Errorf("write the shop's pages: %w", err)
	}
	box := filepath.Join(h.rendered(), "box")
	if err := os.MkdirAll(box, 0o755); err != nil {
		return fmt.Errorf("make the folder of the box's programs: %w", err)
	}
	if err := programs(ctx, box); err != nil {
		return fmt.Errorf("make the box's programs: %w", err)
	}
	return r.cfg.Backend.write(h, names, r.dir.home(spec.Round).state())
}

// clear removes what an earlier run, perhaps of an older bot, was given: a file
// that is gone since would still be read.
func (h home) clear() error {
	kept := func(name string) bool {
		return strings.HasPrefix(name, ".terraform") || name == filepath.Base(h.rescued())
	}
	var wrong []error
	for _, dir := range []string{h.work(), filepath.Join(h.work(), "infra"), h.root()} {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return errors.Join(wrong...)
		}
		wrong = append(wrong, err)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			onTheWay := path == h.root() || path == filepath.Dir(h.root())
			if onTheWay || dir == h.root() && kept(e.Name()) {
				continue
			}
			wrong = append(wrong, os.RemoveAll(path))
		}
	}
	return errors.Join(wrong...)
}

// NoPrograms stands in for the box's programs where there will be no box, or none
// that runs what it fetches.
func NoPrograms(_ context.Context, dir string) error {
	for _, name := range []string{"inventory", "node_exporter"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeWhole writes a file that only we may read, and never half of it.
func writeWhole(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
