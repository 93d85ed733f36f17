package shop

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// moveEvery is how often the warehouse moves something: the legacy box always
// writes a little, so a full disk shows there whether or not anybody asks.
const moveEvery = time.Second

// serveInventory runs the legacy box. It ends with an error when the stock
// file or its log can no longer be written: it would rather be away than be wrong.
func serveInventory(ctx context.Context, c config, log *slog.Logger) (err error) {
	book, err := openStockFile(c.dataDir)
	if err != nil {
		return err
	}
	defer book.close()
	logs, err := openLogbook(c, log)
	if err != nil {
		return err
	}
	defer logs.close()
	if err := logs.begin(book.counts()); err != nil { // before it listens: it serves nobody whom it could not write down
		return err
	}
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()

	reg := newRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inventory_requests_total", Help: "Requests answered.",
	}, []string{"code"})
	reg.MustRegister(requests)
	for _, code := range []int{200, 404, 500} {
		requests.WithLabelValues(strconv.Itoa(code)) // at zero, or rate() misses the first
	}
	w := web{log: log, observe: func(_, _ string, code int, _ time.Duration) {
		requests.WithLabelValues(strconv.Itoa(code)).Inc()
		logs.answers.Add(1)
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.Handle("GET /metrics", metricsHandler(reg))
	mux.Handle("GET /stock/{id}", w.handle(work, routeStock, nil, book.show))

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return listen(gctx, work, c, log, mux) })
	g.Go(func() error { return book.moving(gctx) })
	g.Go(func() error { return logs.writing(gctx) })
	return g.Wait()
}

// show answers GET /stock/{id}.
func (f *stockFile) show(r *http.Request) (answer, error) {
	id, err := pathID(r)
	if err != nil {
		return answer{}, err
	}
	n, ok := f.count(id)
	if !ok {
		return answer{}, missing("no such product")
	}
	return answer{http.StatusOK, stockCount{Product: id, Count: n}}, nil
}

// moving writes a movement each second until ctx ends or the disk refuses.
func (f *stockFile) moving(ctx context.Context) error {
	tick := time.NewTicker(moveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := f.move(); err != nil {
				return fmt.Errorf("write movement: %w", err)
			}
		}
	}
}
