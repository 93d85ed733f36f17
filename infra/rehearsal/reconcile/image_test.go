package reconcile

import (
	"strings"
	"testing"
	"time"
)

// TestPulled: what was never built cannot be run, in ECS's words.
func TestPulled(t *testing.T) {
	for image, ok := range map[string]bool{
		"chaotic-good/shop:1.4.0":                                 true,
		"chaotic-good/shop:1.5.0":                                 true,
		"123456789012.dkr.ecr.us-west-2.amazonaws.com/shop:1.5.0": true,
		"chaotic-good/shop:1.6.0":                                 false,
		"chaotic-good/shop":                                       false,
		"nginx:1.4.0":                                             false,
		"":                                                        false,
	} {
		err := pulled(image)
		if (err == nil) != ok || err != nil && !strings.HasPrefix(err.Error(), "CannotPullContainerError: ") {
			t.Errorf("%q: %v", image, err)
		}
	}
}

// TestFailingReleases: a release that keeps failing is tried less and less, and
// does not hold up another.
func TestFailingReleases(t *testing.T) {
	var h history
	now := time.Unix(1000, 0)
	var last time.Duration
	for range 3 {
		h.ended("one", 0, now)
		if wait := h.notUntil.Sub(now); wait <= last {
			t.Errorf("it waits %s after %s", wait, last)
		} else {
			last = wait
		}
	}
	h.ended("two", 0, now)
	if wait := h.notUntil.Sub(now); h.failing != "two" || wait >= last {
		t.Errorf("%s waits %s", h.failing, wait)
	}
	h.ended("two", time.Minute, now)
	if h.notUntil.After(now) {
		t.Error("a task that ran for a minute counts as one that failed")
	}
}
