package prom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

func (s *Stack) apiLabels(ctx context.Context, form url.Values) (any, error) {
	return s.names(form, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		names, _, err := q.LabelNames(ctx, nil, m...)
		return names, err
	})
}

func (s *Stack) apiLabelValues(ctx context.Context, form url.Values) (any, error) {
	name := form.Get("name")
	if !model.UTF8Validation.IsValidLabelName(name) {
		return nil, badRequest{fmt.Errorf("invalid label name: %q", name)}
	}
	return s.names(form, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		values, _, err := q.LabelValues(ctx, name, nil, m...)
		return values, err
	})
}

// names collects strings over all selectors of match[], sorted, each once.
func (s *Stack) names(form url.Values, ask func(storage.Querier, []*labels.Matcher) ([]string, error)) (any, error) {
	q, selectors, limit, err := s.selection(form)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	if len(selectors) == 0 {
		selectors = [][]*labels.Matcher{nil} // of all series
	}
	all := []string{}
	for _, m := range selectors {
		found, err := ask(q, m)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			all = append(all, string([]byte(f))) // a copy; the original lies in the store's memory
		}
	}
	slices.Sort(all)
	return atMost(slices.Compact(all), limit), nil
}

func (s *Stack) apiSeries(ctx context.Context, form url.Values) (any, error) {
	if len(form["match[]"]) == 0 {
		return nil, badRequest{errors.New("no match[] parameter provided")}
	}
	q, selectors, limit, err := s.selection(form)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	sets := make([]storage.SeriesSet, 0, len(selectors))
	for _, m := range selectors {
		sets = append(sets, q.Select(ctx, true, nil, m...))
	}
	all := storage.NewMergeSeriesSet(sets, 0, storage.ChainedSeriesMerge)
	list := []map[string]string{}
	for all.Next() {
		list = append(list, all.At().Labels().Map())
	}
	if err := all.Err(); err != nil {
		return nil, err
	}
	return atMost(list, limit), nil
}

// selection opens the series between start and end, and reads match[] and
// limit (0: none).
func (s *Stack) selection(form url.Values) (_ storage.Querier, selectors [][]*labels.Matcher, limit int, _ error) {
	start, err := formTime(form, "start", time.Now().Add(-retention))
	if err != nil {
		return nil, nil, 0, err
	}
	end, err := formTime(form, "end", time.Now())
	if err != nil {
		return nil, nil, 0, err
	}
	if text := form.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 0 {
			return nil, nil, 0, badRequest{fmt.Errorf("invalid parameter \"limit\": %q", text)}
		}
	}
	if selectors, err = s.prom.parser.ParseMetricSelectors(form["match[]"]); err != nil {
		return nil, nil, 0, badRequest{err}
	}
	for _, m := range selectors {
		if slices.IndexFunc(m, func(m *labels.Matcher) bool { return !m.Matches("") }) < 0 {
			return nil, nil, 0, badRequest{errors.New("match[] must contain at least one non-empty matcher")}
		}
	}
	q, err := s.prom.store.Querier(start.UnixMilli(), end.UnixMilli())
	return q, selectors, limit, err
}

func atMost[T any](list []T, limit int) []T {
	if limit > 0 && len(list) > limit {
		return list[:limit]
	}
	return list
}
