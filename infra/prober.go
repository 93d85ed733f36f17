package infra

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/chaotic-good/scenarios/bot/round"
)

// probeTime bounds one query: a Prometheus that is slower knows nothing.
const probeTime = 2 * time.Second

// Prober measures the steady state by the stack's Prometheus. It implements
// round.Prober.
type Prober struct {
	log   *slog.Logger
	doors *Doors
}

var _ round.Prober = (*Prober)(nil)

// NewProber returns a Prober that enters by doors.
func NewProber(log *slog.Logger, doors *Doors) *Prober { return &Prober{log: log, doors: doors} }

// Probe asks all probes at once and answers in their order. A query that gives
// no value, more than one, or none in time is Unknown.
func (p *Prober) Probe(ctx context.Context, t round.Target, probes []round.Probe) []round.Reading {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	readings := make([]round.Reading, len(probes))
	prometheus, why, err := p.enter(ctx, t)
	if err != nil {
		for i, probe := range probes {
			readings[i] = p.unknown(t.Round, probe, why, err)
		}
		return readings
	}
	var all sync.WaitGroup
	for i, probe := range probes {
		all.Go(func() { readings[i] = p.read(ctx, prometheus, t.Round, probe) })
	}
	all.Wait()
	return readings
}

// enter gives the API of the stack's Prometheus, or why there is none.
func (p *Prober) enter(ctx context.Context, t round.Target) (prometheus v1.API, why string, err error) {
	web, err := p.doors.Client(ctx, t.Round)
	if err != nil {
		return nil, "its login cannot be read", err
	}
	client, err := api.NewClient(api.Config{Address: t.Outputs.Prometheus, Client: web})
	if err != nil {
		return nil, "Prometheus has no address", err
	}
	return v1.NewAPI(client), "", nil
}

func (p *Prober) read(ctx context.Context, prometheus v1.API, id round.ID, probe round.Probe) round.Reading {
	value, _, _, err := prometheus.Query(ctx, probe.Query, time.Time{})
	if err != nil {
		return p.unknown(id, probe, "Prometheus did not answer", err)
	}
	n, err := single(value)
	if err != nil {
		return p.unknown(id, probe, err.Error(), nil)
	}
	return judge(probe, n)
}

// unknown says why for people; the error itself is the operator's.
func (p *Prober) unknown(id round.ID, probe round.Probe, why string, err error) round.Reading {
	if err != nil {
		p.log.Debug("a probe has no answer", "round", id, "probe", probe.Name, "error", err)
	}
	return round.Reading{Probe: probe.Name, Health: round.Unknown, Say: probe.Name + " is unknown: " + why}
}

// single takes the one value of an answer.
func single(v model.Value) (float64, error) {
	var n float64
	switch v := v.(type) {
	case *model.Scalar:
		n = float64(v.Value)
	case model.Vector:
		if len(v) == 0 {
			return 0, fmt.Errorf("there is no value")
		}
		if len(v) > 1 {
			return 0, fmt.Errorf("there are %d values instead of one", len(v))
		}
		n = float64(v[0].Value)
	default:
		return 0, fmt.Errorf("the answer is no single value")
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("there is nothing to measure")
	}
	return n, nil
}

// judge compares a value with its bounds. A probe without bounds says nothing
// about health, and is never good.
func judge(probe round.Probe, n float64) round.Reading {
	r := round.Reading{Probe: probe.Name, Health: round.Good, Value: n}
	var needs []string
	if probe.Above != nil {
		needs = append(needs, "at least "+spell(*probe.Above, probe.Unit))
		if n < *probe.Above {
			r.Health = round.Bad
		}
	}
	if probe.Below != nil {
		needs = append(needs, "under "+spell(*probe.Below, probe.Unit))
		if n >= *probe.Below {
			r.Health = round.Bad
		}
	}
	r.Say = probe.Name + " is " + spell(n, probe.Unit)
	if len(needs) == 0 {
		r.Health = round.Unknown
		return r
	}
	r.Say += " (needs " + strings.Join(needs, " and ") + ")"
	return r
}

// spell writes a value as a person reads it: 1.2 s, 350 ms, 98.5 %, 12.
func spell(n float64, unit string) string {
	switch unit {
	case "ratio":
		return digits(n*100) + " %"
	case "s":
		if n != 0 && math.Abs(n) < 0.1 {
			return digits(n*1000) + " ms"
		}
		return digits(n) + " s"
	case "":
		return digits(n)
	default:
		return digits(n) + " " + unit
	}
}

// digits keeps three significant digits, without an exponent.
func digits(n float64) string {
	text, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 3, 64), 64)
	if err != nil {
		return "?"
	}
	return strconv.FormatFloat(text, 'f', -1, 64)
}

// Close lets go of the connections that wait for a next use.
func (p *Prober) Close() { p.doors.Close() }
