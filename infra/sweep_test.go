package infra

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/chaotic-good/scenarios/bot/round"
)

// stackOf is the working set of a round, as a destroy has it.
func stackOf(t *testing.T, cfg aws.Config, id round.ID) *stack {
	t.Helper()
	return must(testMaker(t, cfg).stack(t.Context(), testSpec(id)))(t)
}

// some are the steps with those names.
func some(t *testing.T, names ...string) (some []step) {
	t.Helper()
	for _, st := range stepsOf(StageClassic) {
		if slices.Contains(names, st.name) {
			some = append(some, st)
		}
	}
	if len(some) != len(names) {
		t.Fatalf("of the steps %v there are %d", names, len(some))
	}
	return some
}

func (l leftover) find(t *testing.T, s *stack) []string {
	t.Helper()
	if err := s.findNetworks(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range some(t, l.step)[0].kinds {
		if k.what == l.kind {
			ids := must(k.find(t.Context(), s))(t)
			slices.Sort(ids)
			return ids
		}
	}
	t.Fatalf("the step %s has no %s", l.step, l.kind)
	return nil
}

func silent(round.Progress) {}

// TestWhatOnlyTerraformMakesIsSwept: of each kind two rounds have the same, one
// of which is called almost as the other; one is swept, twice.
func TestWhatOnlyTerraformMakesIsSwept(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	for _, l := range leftovers() {
		t.Run(l.kind, func(t *testing.T) {
			mine, neighbour := stackOf(t, cfg, "R61"), stackOf(t, cfg, "R610")
			with := some(t, append(l.beside, l.step)...)
			t.Cleanup(func() {
				for _, s := range []*stack{mine, neighbour} {
					if _, err := s.clear(context.Background(), with, silent); err != nil {
						t.Error(err)
					}
				}
			})
			l.make(t, mine)
			l.make(t, neighbour)
			before, stays := l.find(t, mine), l.find(t, neighbour)
			if len(before) == 0 || len(before) != len(stays) || slices.Equal(before, stays) {
				t.Fatalf("found %v, and of the neighbour %v", before, stays)
			}
			gone, err := mine.clear(t.Context(), some(t, l.step), silent)
			if err != nil || gone.Left != 0 || len(gone.What) != 0 || gone.Removed < len(before) {
				t.Errorf("swept %+v, %v", gone, err)
			}
			if left := l.find(t, mine); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			if now := l.find(t, neighbour); !slices.Equal(now, stays) {
				t.Errorf("the neighbour had %v and has %v", stays, now)
			}
			if again, err := mine.clear(t.Context(), some(t, l.step), silent); err != nil || again.Removed != 0 || again.Left != 0 {
				t.Errorf("swept again: %+v, %v", again, err)
			}
		})
	}
}

// TestAWholeRoundIsSwept: all kinds at once, on a stack that stands, go in an
// order that AWS allows.
func TestAWholeRoundIsSwept(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	before := inventory(t, cfg)
	_, stop := stage(t, cfg, "R62")
	m, s := testMaker(t, cfg), stackOf(t, cfg, "R62")
	must(m.Provision(t.Context(), s.spec, silent))(t)
	stop()
	all := leftovers()
	for _, l := range all {
		if l.kind == "buckets" { // that of the trail serves
			continue
		}
		l.make(t, s)
	}
	began := time.Now()
	gone, err := m.Destroy(t.Context(), s.spec, silent)
	if err != nil || gone.Left != 0 || gone.Removed < len(all) {
		t.Errorf("swept %+v, %v", gone, err)
	}
	t.Logf("%d things in %s", gone.Removed, time.Since(began).Round(time.Millisecond))
	for _, l := range all {
		if left := l.find(t, s); len(left) > 0 {
			t.Errorf("left of %s: %v", l.kind, left)
		}
	}
	sameInventory(t, before, inventory(t, cfg))
}

// TestEveryPageIsLookedAt: more than one answer holds is found and swept.
func TestEveryPageIsLookedAt(t *testing.T) {
	s := stackOf(t, testConfig(needMoto(t), nil), "R67")
	for i := range 100 { // which are others' but for the logs, and stand before the round's
		other := almost(s)
		other.names.Prefix += strconv.Itoa(i)
		other.names.Queue += strconv.Itoa(i)
		makeFirewall(t, other)
		makeEventRule(t, other)
		must(s.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String(s.names.Logs(strconv.Itoa(i)))}))(t)
		t.Cleanup(func() {
			if gone, err := other.clear(context.Background(), some(t, "firewall", "record"), silent); err != nil || gone.Removed != 2 {
				t.Errorf("swept of the others %+v, %v", gone, err)
			}
		})
	}
	makeFirewall(t, s)
	makeEventRule(t, s)
	must(s.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String(s.names.Logs("last"))}))(t)
	gone, err := s.clear(t.Context(), some(t, "firewall", "logs", "record"), silent)
	if err != nil || gone.Removed != 103 || gone.Left != 0 {
		t.Errorf("swept %+v, %v", gone, err)
	}
}

// TestWhatStaysIsNamed: a firewall that AWS does not let go of is counted, and
// the rest goes.
func TestWhatStaysIsNamed(t *testing.T) {
	url := needMoto(t)
	s := stackOf(t, testConfig(url, refusing("DeleteWebACL")), "R63")
	s.cfg.Pace.Gone = 100 * time.Millisecond
	makeFirewall(t, s)
	makeLogGroups(t, s)
	gone, err := s.clear(t.Context(), some(t, "firewall", "logs"), silent)
	if err == nil || gone.Left != 1 || !slices.Equal(gone.What, []string{"firewalls: 1"}) || gone.Removed != 2 || !strings.Contains(err.Error(), "refused") {
		t.Errorf("swept %+v, %v", gone, err)
	}
	s = stackOf(t, testConfig(url, nil), "R63")
	if gone, err := s.clear(t.Context(), some(t, "firewall"), silent); err != nil || gone.Removed != 1 {
		t.Errorf("swept %+v, %v", gone, err)
	}
}

// TestAServiceThatCannotBeAskedIsNamed: where the bot may not look it does not
// say that nothing is there, and clears the rest.
func TestAServiceThatCannotBeAskedIsNamed(t *testing.T) {
	s := stackOf(t, testConfig(needMoto(t), refusing("DescribeBudgets")), "R64")
	makeLogGroups(t, s)
	gone, err := s.clear(t.Context(), some(t, "money", "logs"), silent)
	if err == nil || !strings.Contains(err.Error(), "look for budgets") || !strings.Contains(err.Error(), "DescribeBudgets") {
		t.Errorf("the error is %v", err)
	}
	if gone.Removed != 2 || gone.Left != 0 {
		t.Errorf("swept %+v", gone)
	}
}

// comingBack makes a log group anew when it is deleted for the first time, as
// a service does that still writes.
type comingBack struct {
	again   *logs.Client
	name    string
	once    sync.Once
	mu      sync.Mutex
	deleted int
}

func (c *comingBack) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DeleteLogGroup") {
		return resp, err
	}
	c.mu.Lock()
	c.deleted++
	c.mu.Unlock()
	c.once.Do(func() {
		_, err = c.again.CreateLogGroup(r.Context(), &logs.CreateLogGroupInput{LogGroupName: &c.name})
	})
	return resp, err
}

func TestALogGroupThatComesBackIsSweptAgain(t *testing.T) {
	url := needMoto(t)
	name := NamesOf("R65").Logs("flow")
	back := &comingBack{again: logs.NewFromConfig(testConfig(url, nil)), name: name}
	s := stackOf(t, testConfig(url, back), "R65")
	must(s.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: &name}))(t)
	gone, err := s.clear(t.Context(), some(t, "logs"), silent)
	if err != nil || gone.Left != 0 || back.deleted != 2 {
		t.Errorf("swept %+v with %d deletions, %v", gone, back.deleted, err)
	}
	if left := must(findLogGroups(t.Context(), s))(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// TestADestroyThatIsStoppedSaysSo: what it found before it was stopped is not all
// that there is, though every service answered.
func TestADestroyThatIsStoppedSaysSo(t *testing.T) {
	s := stackOf(t, testConfig(needMoto(t), nil), "R68")
	ctx, stop := context.WithCancel(t.Context())
	last := step{name: "last", kinds: []kind{{what: "things", find: func(context.Context, *stack) ([]string, error) {
		stop()
		return nil, nil
	}}}}
	if gone, err := s.clear(ctx, []step{last}, silent); !errors.Is(err, context.Canceled) {
		t.Errorf("swept %+v, %v", gone, err)
	}
}

// writes notes the calls to CloudFront that change something.
type writes struct {
	mu   sync.Mutex
	list []string
}

func (w *writes) Do(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/distribution/") {
		w.mu.Lock()
		w.list = append(w.list, r.Method)
		w.mu.Unlock()
	}
	return http.DefaultClient.Do(r)
}

// TestADistributionGoesInSteps: it is switched off, waited for and deleted; a
// destroy that has no more time says what it waits for, and the next goes on.
func TestADistributionGoesInSteps(t *testing.T) {
	url := needMoto(t)
	told := &writes{}
	s := stackOf(t, testConfig(url, told), "R66")
	makeDistribution(t, s)
	slow(t, url, "cloudfront::distribution", 1<<30)
	s.cfg.Pace.Gone = 0 // time for one act
	for _, why := range []error{errSwitchedOff, errOnItsWay} {
		gone, err := s.clear(t.Context(), some(t, "site"), silent)
		if err == nil || !errors.Is(err, why) || !slices.Equal(gone.What, []string{"distributions: 1"}) {
			t.Errorf("swept %+v, %v; want %v", gone, err, why)
		}
	}
	slow(t, url, "cloudfront::distribution", 1)
	s = stackOf(t, testConfig(url, told), "R66")
	if gone, err := s.clear(t.Context(), some(t, "site"), silent); err != nil || gone.Removed != 1 || gone.Left != 0 {
		t.Errorf("swept %+v, %v", gone, err)
	}
	if !slices.Equal(told.list, []string{"PUT", "DELETE"}) {
		t.Errorf("CloudFront was told %v", told.list)
	}
}

// slow has moto show a thing's first state for that many looks.
func slow(t *testing.T, url, model string, looks int) {
	t.Helper()
	if err := setTransition(url, model, looks); err != nil {
		t.Fatal(err)
	}
}
