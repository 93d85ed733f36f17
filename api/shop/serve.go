package shop

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// browsing is how many requests of one reading route a task answers at a
// time. It is far above what a calm shop needs, and keeps a database or an
// inventory that is silent from filling the task with those who wait for it.
const browsing = 64

// shop is the web tier.
type shop struct {
	db        *database
	inventory *inventory
	payment   time.Duration
	express   bool

	suggestions int
}

// beginWait is how long a task that begins waits for its database's first
// answer. It has to be short: one that is away must not keep tasks from serving.
const beginWait = time.Second

func serve(ctx context.Context, c config, log *slog.Logger) error {
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	d := newDialer(c.resolve)
	db, err := openDatabase(work, c, d)
	if err != nil {
		return err
	}
	s := &shop{db: db, inventory: newInventory(c.inventoryURL, d), payment: c.payment, express: c.express(), suggestions: c.suggestions}
	reg := newRegistry()
	m := newShopMetrics(reg, c.release, c.name)
	watchPool(reg, db)
	reg.MustRegister(newClusterMetrics(c.statusFile))

	g, gctx := errgroup.WithContext(ctx)
	// A task that begins has heard from its database, or has waited for it, before
	// customers are sent to it and before it complains.
	begun, begin := context.WithTimeout(gctx, beginWait)
	defer begin()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", aliveOnce(begun))
	mux.Handle("GET /metrics", metricsHandler(reg))
	mux.HandleFunc("GET /status", showStatus(c.statusFile))
	s.routes(mux, work, web{log: log, observe: m.observe}, c)

	g.Go(func() error { return listen(gctx, work, c, log, mux) })
	g.Go(func() error { db.prepare(gctx, log, begin); return nil })
	g.Go(func() error { db.restocking(gctx, work, log); return nil })
	g.Go(func() error {
		<-begun.Done()
		watch(gctx, work, log, "database", db.probe, func(up bool) { set(m.databaseUp, up) })
		return nil
	})
	g.Go(func() error {
		watch(gctx, work, log, "inventory", s.inventory.probe, func(up bool) { set(m.inventoryUp, up) })
		return nil
	})
	err = g.Wait()
	giveUp() // what outlived its grace lets go of its connection now
	db.close()
	return err
}

func (s *shop) routes(mux *http.ServeMux, work context.Context, w web, c config) {
	handle := func(pattern, route string, l *limit, e endpoint) {
		mux.Handle(pattern, w.handle(work, route, l, e))
	}
	reading := newLimit(browsing, 0)
	handle("GET /api/products", routeProducts, reading, s.listProducts)
	handle("GET /api/products/{id}", routeProducts, reading, s.showProduct)
	handle("POST /api/orders", routeOrder, newLimit(c.slots, c.queue), s.postOrder)
	handle("GET /api/orders/{id}", routeOrder, newLimit(browsing, 0), s.showOrder)
	handle("GET /api/products/{id}/stock", routeStock, newLimit(browsing, 0), s.showStock)
}
