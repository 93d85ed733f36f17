package infra

import (
	"context"
	"slices"
)

// The stages: which parts a stack has. Configuration of a round chooses one.
const (
	StageClassic = "classic" // the shop's web tier is an ECS service
	StageEKS     = "eks"     // it is pods on a group of nodes
)

// Stages returns every stage, the usual one first.
func Stages() []string { return []string{StageClassic, StageEKS} }

// stepsOf is the steps of a stage. One that the stage lacks is waited for by
// nobody, and nothing of it is looked for, which would cost calls each time.
func stepsOf(stage string) []step {
	var some []step
	lacks := map[string]bool{}
	for _, st := range steps() {
		if st.stage != "" && st.stage != stage {
			lacks[st.name] = true
			continue
		}
		some = append(some, st)
	}
	for i := range some {
		some[i].needs = slices.DeleteFunc(slices.Clone(some[i].needs), func(name string) bool { return lacks[name] })
	}
	return some
}

// pods reports whether the service's containers run as pods in that stage: its
// task definition is then the template of a pod, and no service runs it.
func (svc Service) pods(stage string) bool { return stage == StageEKS && svc.Name == ServiceAPI }

// ofStage finds something in stacks of one stage only.
func ofStage(find func(context.Context, *stack) ([]string, error), stage string) func(context.Context, *stack) ([]string, error) {
	return func(ctx context.Context, s *stack) ([]string, error) {
		if s.spec.Stage != stage {
			return nil, nil
		}
		return find(ctx, s)
	}
}
