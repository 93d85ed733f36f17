package infra

import (
	"context"
	"slices"
	"testing"
)

// almost is somebody of the account whose names begin as the round's do.
func almost(s *stack) *stack {
	other := *s
	for _, name := range []*string{
		&other.names.Prefix, &other.names.Cluster, &other.names.Queue, &other.names.Trail, &other.names.Repository,
	} {
		*name += "-mine"
	}
	return &other
}

// TestWhatIsCalledAlmostSoStays: a name that begins with the round's prefix does
// not make a thing the round's. An operator loses nothing by it, and the round
// does not wait for what the bot cannot remove.
func TestWhatIsCalledAlmostSoStays(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	kinds := []string{"buckets"}
	for _, l := range leftovers() {
		if !slices.Contains(kinds, l.kind) {
			continue
		}
		t.Run(l.kind, func(t *testing.T) {
			s := stackOf(t, cfg, "R69")
			other := almost(s)
			with := some(t, append(l.beside, l.step)...)
			t.Cleanup(func() {
				if _, err := other.clear(context.Background(), with, silent); err != nil {
					t.Error(err)
				}
			})
			l.make(t, other)
			before := l.find(t, other)
			if len(before) == 0 {
				t.Fatal("nothing was made")
			}
			if gone, err := s.clear(t.Context(), some(t, l.step), silent); err != nil || gone.Removed != 0 || gone.Left != 0 {
				t.Errorf("swept %+v, %v", gone, err)
			}
			if now := l.find(t, other); !slices.Equal(now, before) {
				t.Errorf("there was %v and is %v", before, now)
			}
		})
	}
}
