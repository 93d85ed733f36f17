package rehearsal

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Inventory is everything that the world holds at one moment: AWS's resources
// as moto has them, processes and files of rounds. Each is a line for people.
type Inventory []string

// Minus lists what is here and was not there.
func (i Inventory) Minus(before Inventory) (more []string) {
	for _, what := range i {
		if !slices.Contains(before, what) {
			more = append(more, what)
		}
	}
	return more
}

// settleTime is how long the processes get to follow the last call.
const settleTime = 10 * time.Second

// Inventory counts the world by itself: it asks moto and the kernel, not the
// bot. What AWS shows for a while after it is gone does not count.
func (w *World) Inventory(ctx context.Context) (Inventory, error) {
	patience, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	w.recon.Settle(patience)
	lists := awsLists(config(w.moto.URL.String(), "inventory", "inventory"))
	found := make([][]string, len(lists))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, l := range lists {
		g.Go(func() error {
			ids, err := l.ids(gctx)
			if err != nil {
				return fmt.Errorf("list %s: %w", l.kind, err)
			}
			for _, id := range ids {
				found[i] = append(found[i], l.kind+" "+id)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("count what the world holds: %w", err)
	}
	all := slices.Concat(found...)
	for _, p := range w.Group.List() {
		if strings.Contains(p.Name, "/") { // of a round; the others are the world's own
			all = append(all, "process "+p.Name)
		}
	}
	for _, what := range w.recon.Left(ctx) {
		all = append(all, "running "+what)
	}
	files, err := filesOf(filepath.Join(w.cfg.Run, "rounds"))
	if err != nil {
		return nil, err
	}
	all = append(all, files...)
	slices.Sort(all)
	return all, nil
}

// filesOf lists what rounds have left on the disk.
func filesOf(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && !d.IsDir() {
			files = append(files, "file "+strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the rounds' files: %w", err)
	}
	return files, nil
}
