package infra

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
)

// parametersStep makes nothing: the stack itself writes down where it can be
// reached, once it can. It is removed after all that writes there.
func parametersStep() step {
	return step{
		name: "parameters",
		kinds: []kind{{"parameters", findParameters, func(ctx context.Context, s *stack, id string) error {
			_, err := s.ssm.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &id})
			return err
		}}},
	}
}

func findParameters(ctx context.Context, s *stack) (ids []string, err error) {
	pages := ssm.NewGetParametersByPathPaginator(s.ssm, &ssm.GetParametersByPathInput{
		Path: &s.names.Parameters, Recursive: aws.Bool(true),
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range out.Parameters {
			ids = append(ids, aws.ToString(p.Name))
		}
	}
	return ids, nil
}

// answersStep waits until the stack says where it is, and the shop answers.
func answersStep() step {
	return step{
		name:  "shop",
		needs: []string{"tasks", "nodes", "hosts", "box target", "audit trail"},
		parts: 1,
		make:  awaitAnswers,
	}
}

func awaitAnswers(ctx context.Context, s *stack) error {
	s.outputs = round.Outputs{Region: s.region, Queue: s.queue}
	ends := map[string]*string{ // not more than the ten that one call takes
		s.names.Shop: &s.outputs.Shop, s.names.Prometheus: &s.outputs.Prometheus, s.names.Alertmanager: &s.outputs.Alertmanager,
		s.names.GraphsPage: &s.outputs.Graphs, s.names.LogsPage: &s.outputs.Logs, s.names.RunbooksPage: &s.outputs.Runbooks,
	}
	err := s.until(ctx, s.cfg.Wait, "the stack's addresses", func(ctx context.Context) (bool, error) {
		out, err := s.ssm.GetParameters(ctx, &ssm.GetParametersInput{Names: slices.Collect(maps.Keys(ends))})
		if err != nil {
			return false, fmt.Errorf("look for the stack's addresses: %w", err)
		}
		for _, p := range out.Parameters {
			if to := ends[aws.ToString(p.Name)]; to != nil {
				*to = aws.ToString(p.Value)
			}
		}
		return len(out.InvalidParameters) == 0 && len(out.Parameters) == len(ends) && (!s.near || near(s.outputs)), nil
	})
	if err != nil {
		return err
	}
	return s.awaitShop(ctx, s.outputs.Shop)
}

// Await returns once the shop and then the monitoring answers, or Wait or Boot is
// over, with where the stack is reached. That is what Terraform said of it, but
// where AWS is played on this machine: there AWS's names lead nowhere, or to
// somebody else's, and the parts of a stack write down themselves where they are.
// say is told, again and again, what is waited for.
func (m *Maker) Await(ctx context.Context, spec round.Spec, said round.Outputs, say func(what string)) (round.Outputs, error) {
	s := &stack{clients: m.clients, names: NamesOf(spec.Round), cfg: m.cfg, web: m.web, region: said.Region, queue: said.Queue, outputs: said}
	say("waiting for the shop")
	var err error
	if !m.near || near(said) {
		err = s.awaitShop(ctx, said.Shop)
	} else {
		s.near = true
		err = awaitAnswers(ctx, s)
	}
	if err != nil {
		return s.outputs, err
	}
	return s.outputs, s.awaitMonitoring(ctx, say)
}

// near reports whether all of a stack that answers is on this machine.
func near(o round.Outputs) bool {
	for _, at := range []string{o.Shop, o.Prometheus, o.Alertmanager, o.Graphs, o.Logs, o.Runbooks} {
		if !OnThisMachine(at) {
			return false
		}
	}
	return true
}

func (s *stack) awaitShop(ctx context.Context, shop string) error {
	for _, path := range []string{HealthPath, "/api/products"} {
		if err := s.until(ctx, s.cfg.Wait, "the shop to answer "+path, func(ctx context.Context) (bool, error) {
			return s.answers(ctx, shop+path), nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := s.web.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // for the connection's next use
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
