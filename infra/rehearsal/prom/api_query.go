package prom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// queryData is the data of an answer to a query. Result is encoded here, for
// the engine takes its memory back when the query is closed.
type queryData struct {
	ResultType parser.ValueType `json:"resultType"`
	Result     any              `json:"result"`
}

func (s *Stack) apiQuery(ctx context.Context, form url.Values) (any, error) {
	at, err := formTime(form, "time", time.Now())
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := withTimeout(ctx, form)
	if err != nil {
		return nil, err
	}
	defer cancel()
	q, err := s.prom.engine.NewInstantQuery(ctx, s.prom.store, nil, form.Get("query"), at)
	if err != nil {
		return nil, badRequest{err}
	}
	return encode(ctx, q)
}

func (s *Stack) apiQueryRange(ctx context.Context, form url.Values) (any, error) {
	start, errStart := formTime(form, "start", time.Time{})
	end, errEnd := formTime(form, "end", time.Time{})
	step, errStep := parseDuration(form.Get("step"))
	if err := errors.Join(errStart, errEnd, errStep); err != nil {
		return nil, badRequest{err}
	}
	if err := checkRange(start, end, step); err != nil {
		return nil, badRequest{err}
	}
	ctx, cancel, err := withTimeout(ctx, form)
	if err != nil {
		return nil, err
	}
	defer cancel()
	q, err := s.prom.engine.NewRangeQuery(ctx, s.prom.store, nil, form.Get("query"), start, end, step)
	if err != nil {
		return nil, badRequest{err}
	}
	return encode(ctx, q)
}

func encode(ctx context.Context, q promql.Query) (any, error) {
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	body, err := marshal(result.Value)
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return queryData{result.Value.Type(), body}, nil
}

// marshal writes a result as Prometheus does. Nil slices become [], which
// clients insist on.
func marshal(v parser.Value) (json.RawMessage, error) {
	body, err := json.Marshal(v)
	if err == nil && string(body) == "null" {
		return json.RawMessage("[]"), nil
	}
	return body, err
}

func withTimeout(ctx context.Context, form url.Values) (context.Context, context.CancelFunc, error) {
	if form.Get("timeout") == "" {
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel, nil
	}
	d, err := parseDuration(form.Get("timeout"))
	if err != nil {
		return nil, nil, badRequest{err}
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	return ctx, cancel, nil
}

func parseTime(text string) (time.Time, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) && math.Abs(f) < math.MaxInt64/1000 {
		return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, fmt.Errorf("%q is neither seconds nor RFC 3339", text)
	}
	return t, nil
}

func parseDuration(text string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) && math.Abs(f) < float64(math.MaxInt64/time.Second) {
		return time.Duration(f * float64(time.Second)), nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither seconds nor a duration", text)
	}
	return time.Duration(d), nil
}
