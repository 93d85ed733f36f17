package prom

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// errClosed answers queries that come after Close.
var errClosed = errors.New("monitoring is stopped")

// Series is one line of a graph. A name without Labels is the only line.
type Series struct {
	Labels map[string]string
	Points []Point // in order of time
}

// Point is one value. Values that are no number, or infinite, are left out:
// there the answer is unknown.
type Point struct {
	Time  time.Time
	Value float64
}

// Query evaluates expr at one time. Each series has exactly one point; no
// series means unknown, never healthy.
func (s *Stack) Query(ctx context.Context, expr string, at time.Time) ([]Series, error) {
	ctx, done, err := s.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	defer done()
	q, err := s.prom.engine.NewInstantQuery(ctx, s.prom.store, nil, expr, at)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	return lines(ctx, expr, q)
}

// QueryRange evaluates expr from start to end, both included, every step.
func (s *Stack) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error) {
	if err := checkRange(start, end, step); err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	ctx, done, err := s.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	defer done()
	q, err := s.prom.engine.NewRangeQuery(ctx, s.prom.store, nil, expr, start, end, step)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, err)
	}
	return lines(ctx, expr, q)
}

// checkRange refuses what would be computed for minutes, as Prometheus does.
func checkRange(start, end time.Time, step time.Duration) error {
	const most = 11_000
	switch {
	case step <= 0:
		return fmt.Errorf("step %s, want more than zero", step)
	case end.Before(start):
		return errors.New("the end lies before the start")
	case end.Sub(start)/step > most:
		return fmt.Errorf("more than %d points in a series; make the step longer", most)
	}
	return nil
}

// read admits one reader of the series until done is called; Close cancels its
// context.
func (s *Stack) read(ctx context.Context) (_ context.Context, done func(), _ error) {
	s.reading.RLock()
	select {
	case <-s.closed:
		s.reading.RUnlock()
		return nil, nil, errClosed
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); s.reading.RUnlock() }, nil
}

// lines copies the result out of the engine, which reuses its memory.
func lines(ctx context.Context, expr string, q promql.Query) ([]Series, error) {
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, fmt.Errorf("query %q: %w", expr, result.Err)
	}
	var list []Series
	add := func(l map[string]string, floats ...promql.FPoint) {
		line := Series{Labels: l}
		for _, f := range floats {
			if !math.IsNaN(f.F) && !math.IsInf(f.F, 0) {
				line.Points = append(line.Points, Point{time.UnixMilli(f.T), f.F})
			}
		}
		if len(line.Points) > 0 {
			list = append(list, line)
		}
	}
	switch v := result.Value.(type) {
	case promql.Vector:
		for _, sample := range v {
			add(sample.Metric.Map(), promql.FPoint{T: sample.T, F: sample.F})
		}
	case promql.Matrix:
		for _, series := range v {
			add(series.Metric.Map(), series.Floats...)
		}
	case promql.Scalar:
		add(map[string]string{}, promql.FPoint{T: v.T, F: v.V})
	default:
		return nil, fmt.Errorf("query %q: the answer is a %s, not numbers", expr, result.Value.Type())
	}
	return list, nil
}
