package reconcile

import (
	"fmt"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// history is what a service did, as describe-services tells it.
type history struct {
	releases map[string]time.Time // since when
	steady   string               // the release that was said to be steady
	events   []gateway.Event      // newest first
	failing  string               // the release that the next two are about
	fails    int                  // tasks in a row that ended at once
	unable   map[string]int       // by release: tasks that did not start
	refused  int                  // tasks in a row that found no place
	tryAgain time.Time            // then it is said again
	scaled   []gateway.Scaling    // by its policy, the oldest first
	notUntil time.Time            // then the next may be run
}

// ended takes into account that a task ended by itself. One that does so at
// once is not run again at once: ECS throttles it too. Another release begins
// anew.
func (h *history) ended(release string, lived time.Duration, now time.Time) {
	const young, most = 5 * time.Second, 15 * time.Second
	if lived > young || h.failing != release {
		h.failing, h.fails, h.notUntil = release, 0, time.Time{}
	}
	if lived > young {
		return
	}
	h.fails = min(h.fails+1, 6)
	h.notUntil = now.Add(min(250*time.Millisecond<<h.fails, most))
}

// failed counts a task of a release that did not start.
func (h *history) failed(release string) {
	if h.unable == nil {
		h.unable = map[string]int{}
	}
	h.unable[release]++
}

// eventsKept is how many events ECS shows of a service.
const eventsKept = 100

// historyOf gives a service's history. Called with mu held.
func (s *site) historyOf(service string) *history {
	h := s.history[service]
	if h == nil {
		h = &history{releases: map[string]time.Time{}}
		s.history[service] = h
	}
	return h
}

// note adds an event to a service's history.
func (s *site) note(service, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteLocked(service, message)
}

func (s *site) noteLocked(service, message string) {
	h := s.historyOf(service)
	now := time.Now()
	e := gateway.Event{ID: fmt.Sprintf("%08x-%04x", now.Unix(), len(h.events)), At: now, Message: message}
	h.events = append([]gateway.Event{e}, h.events...)
	h.events = h.events[:min(len(h.events), eventsKept)]
}

// tell notes that a service's task is being stopped.
func (s *site) tell(seen Seen, arn, _ string) {
	for _, t := range seen.Tasks {
		if t.ARN == arn && t.Service != "" {
			s.note(t.Service, fmt.Sprintf("(service %s) has stopped 1 running tasks: (task %s).", t.Service, t.ID))
		}
	}
}

// unplaced notes that a task of a service found no place, in ECS's words. It is
// said again later and later, as ECS tries later and later; an address that
// becomes free is used at once all the same.
func (s *site) unplaced(seen Seen, service, why string) {
	const first, most = 2 * time.Second, 15 * time.Second
	for _, svc := range seen.Services {
		if svc.Name != service || len(svc.Subnets) == 0 {
			continue
		}
		s.mu.Lock()
		h := s.historyOf(service)
		where := svc.Subnets[h.refused%len(svc.Subnets)]
		h.tryAgain = time.Now().Add(min(first<<min(h.refused, 8), most))
		h.refused++
		h.failed(svc.Release)
		if why == noAddress {
			why = fmt.Sprintf("Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet '%s': %s", where, why)
		}
		s.noteLocked(service, fmt.Sprintf("(service %s) failed to launch a task with (error %s).", service, why))
		s.mu.Unlock()
	}
}

// placed notes that a task found a place.
func (h *history) placed() { h.refused, h.tryAgain = 0, time.Time{} }

func idOf(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
