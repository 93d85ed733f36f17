package round

import (
	"fmt"
	"hash/fnv"
	"time"
)

// reference makes the eight digits by which an operator finds an error in the
// log. It says nothing about the error itself.
func reference(what string, err error, at time.Time) string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s|%v|%d", what, err, at.UnixNano())
	return fmt.Sprintf("%08x", h.Sum32())
}
