package reconcile

import (
	"context"
	"os"

	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
	"github.com/chaotic-good/scenarios/infra/rehearsal/netpath"
)

// lay opens the paths that the stack's parts need and closes those of parts
// that are gone. A path keeps its address for as long as both ends are known.
func (s *site) lay(ctx context.Context, seen Seen) {
	for name, p := range s.relay(ctx, seen) {
		if err := p.Close(); err != nil { // not under the mutex: it waits for those who ask where to dial
			s.log.WarnContext(ctx, "close a path", "path", name, "error", err)
		}
	}
}

// relay opens what is missing and gives back what is not needed any more.
func (s *site) relay(ctx context.Context, seen Seen) map[string]*netpath.Path {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := s.routes(seen)
	over := map[string]*netpath.Path{}
	for name, p := range s.paths {
		if want[name] == nil {
			over[name] = p
			delete(s.paths, name)
		}
	}
	for name, target := range want {
		if s.paths[name] != nil {
			continue
		}
		p, err := netpath.Open(ctx, netpath.Config{Name: name, Log: s.log, Target: target})
		if err != nil {
			s.log.WarnContext(ctx, "open a path", "path", name, "error", err)
			continue
		}
		s.paths[name] = p
	}
	return over
}

// routes says which paths there are, and where each ends. Called with mu held.
func (s *site) routes(seen Seen) map[string]func() string {
	want := map[string]func() string{}
	need := map[string]bool{}
	for _, t := range seen.Tasks {
		need[t.ARN] = true
	}
	for arn := range s.ending { // a task that is ending still answers what it was asked
		need[arn] = true
	}
	for arn, p := range s.procs {
		if p.host == nil {
			need[arn] = true
		}
	}
	for arn := range need {
		want[pathToDatabase(arn)] = s.databaseAddr
		want[pathToInventory(arn)] = s.balancerAddr(frontBox)
		want[pathToBalancer(arn)] = s.balancerAddr(frontShop)
		want[pathToTask(arn)] = s.procAddr(arn)
		want[pathFromMonitor(arn)] = s.procAddr(arn)
	}
	for _, h := range seen.Hosts {
		want[pathFromMonitor(pathBox)] = s.boxAddr(func(st box.State) string { return st.Inventory })
		want[pathFromMonitor(pathNode)] = s.boxAddr(func(st box.State) string { return st.Metrics })
		if h.Role == roleBox {
			want[pathToBox(h.ID)] = s.procAddr(h.ID)
		}
	}
	return want
}

// pathAddr is where a path begins; empty: there is none yet.
func (s *site) pathAddr(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.paths[name]; p != nil {
		return p.Addr()
	}
	return ""
}

func (s *site) databaseAddr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.database == nil {
		return ""
	}
	return s.database.Addr()
}

func (s *site) balancerAddr(front string) func() string {
	return func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b := s.balancers[front]; b != nil {
			return b.Addr()
		}
		return ""
	}
}

// boxAddr is where a part of the box listens, on whichever instance it is.
func (s *site) boxAddr(of func(box.State) string) func() string {
	return func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, h := range s.seen.Hosts { // the first that is on, as the path's rule has it
			if p := s.procs[h.ID]; p != nil && p.host != nil && h.on() {
				return of(p.host.state())
			}
		}
		return ""
	}
}

func (s *site) procAddr(id string) func() string {
	return func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if p := s.procs[id]; p != nil {
			return p.addr()
		}
		return ""
	}
}

func (s *site) removeFolder(ctx context.Context) {
	if err := os.RemoveAll(s.dir); err != nil {
		s.log.WarnContext(ctx, "remove the round's folder", "error", err)
	}
}
