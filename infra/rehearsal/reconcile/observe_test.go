package reconcile

import (
	"testing"
)

// TestNoNews: a pass about nothing reads nothing, and keeps what was seen.
func TestNoNews(t *testing.T) {
	seen, err := look{}.observe(t.Context(), Seen{Room: map[string]int{"subnet-a": 3}}, nil)
	if err != nil || seen.Room["subnet-a"] != 3 {
		t.Errorf("%+v, %v", seen, err)
	}
}
