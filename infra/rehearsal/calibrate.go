package rehearsal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
)

// What the shop and the report take of the database, in CPUs. Together they are
// far too much for one and leave room on two; and of one that is fully used the
// shop gets the smaller share, since its connections are fewer.
const (
	calmUse   = 0.20
	mostUse   = 0.30 // without any suggestion: then nothing could be told from anything here
	reportUse = 1.0
)

// calibrate finds out what the shop's statements cost on this machine, on a
// server of its own that is gone afterwards, and what a search and the report
// have to do to come to the uses above. It takes some hundred milliseconds.
func (w *World) calibrate(ctx context.Context, t tools, with state) (fit map[string]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	dir, login := filepath.Join(w.cfg.Run, "calibrate"), postgres.Login{Name: "shop", Password: rand.Text()}
	db, err := postgres.Start(ctx, postgres.Config{
		Group: w.Group, Log: w.cfg.Log, Tool: t.postgres, Dir: dir, Template: with.template, Cage: with.cage,
		Users: []postgres.Login{login}, Database: "shop", CPUs: 1, Name: "calibrate",
	})
	if err != nil {
		return nil, fmt.Errorf("measure this machine: %w", err)
	}
	defer func() { err = errors.Join(err, db.Stop(context.WithoutCancel(ctx)), os.RemoveAll(dir)) }()
	costs, err := measure(ctx, db, login)
	if err != nil {
		return nil, fmt.Errorf("measure this machine: %w", err)
	}
	pace := infra.RehearsalPace()
	rate := float64(pace.VisitorsRate)
	if use := costs.Use(rate, 0); use > mostUse {
		return nil, fmt.Errorf("a search costs the database %s here, so %d visitors a second would take %.0f %% of a CPU when nothing is wrong: "+
			"the machine is too slow, or too busy, to rehearse on", costs.Search.Round(time.Millisecond/10), pace.VisitorsRate, 100*use)
	}
	suggestions, pause := costs.Suggestions(rate, calmUse), costs.Pause(pace.ReportParallel, reportUse)
	calm := costs.Use(rate, suggestions)
	w.cfg.Progress(loadLine(pace.VisitorsRate, calm))
	w.cfg.Log.Info("the load fits this machine", "visitors_per_s", pace.VisitorsRate, "calm_cpu", calm,
		"search", costs.Search+time.Duration(suggestions)*costs.Suggestion,
		"report_parallel", pace.ReportParallel, "report_day", costs.Day, "report_pause", pause, "mailer_connections_per_s", mailerRate)
	return map[string]string{"SHOP_SUGGESTIONS": strconv.Itoa(suggestions), "SHOP_REPORT_PAUSE": pause.String()}, nil
}

// What incidents bring beside the load of a calm round: the largest campaign of
// the scenarios, to which a test holds it, and the mailer.
const (
	surgeRate  = 35 // more requests a second
	mailerRate = 14 // connections a second
)

// loadLine says how much is asked of the shop, and names no scenario.
func loadLine(rate int, calm float64) string {
	return fmt.Sprintf("load: %d requests/s in calm, %.0f %% of the database's one CPU; in an incident up to %d requests/s, or up to %.0f %% more of that CPU",
		rate, 100*calm, rate+surgeRate, 100*reportUse)
}

func measure(ctx context.Context, db *postgres.Server, login postgres.Login) (shop.Costs, error) {
	cfg, err := pgx.ParseConfig("postgres://" + db.Addr() + "/shop?sslmode=disable")
	if err != nil {
		return shop.Costs{}, err
	}
	cfg.User, cfg.Password = login.Name, login.Password
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return shop.Costs{}, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // its server ends
	return shop.Measure(ctx, conn, func() (time.Duration, error) { return postgres.Spent(int(conn.PgConn().PID())) })
}
