package shell

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"time"
)

// mostMemory is what the box's process may hold while a script runs: a variable
// that doubles itself, or a script that starts itself twice, would take all of
// the machine on which the rehearsal runs.
const mostMemory = 512 << 20

var errMemory = errors.New("cannot allocate memory")

// watchMemory gives a context that ends when too much is held. What is watched
// is the whole process, which has nothing else to hold.
func watchMemory(ctx context.Context, most uint64) context.Context {
	ctx, end := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if held() <= most {
				continue
			}
			runtime.GC() // what an earlier script has left does not count
			if held() > most {
				end(errMemory)
				return
			}
		}
	}()
	return ctx
}

func held() (n uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	for _, s := range samples {
		n += s.Value.Uint64()
	}
	return n
}
