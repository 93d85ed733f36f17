package runner

import (
	"context"
	"fmt"
	"sync"
)

const repositoryType = "aws_ecr_repository"

// pusher pushes the shop's image once, beside an apply, as soon as there is a
// repository: the services in the same apply wait for it.
type pusher struct {
	push func(context.Context) error
	stop context.CancelCauseFunc // of the apply, which would else wait in vain

	once sync.Once
	all  sync.WaitGroup
	err  error
}

func (p *pusher) start(ctx context.Context) {
	p.once.Do(func() {
		p.all.Go(func() {
			if err := p.push(ctx); err != nil {
				p.err = fmt.Errorf("push the shop's image: %w", err)
				p.stop(p.err)
			}
		})
	})
}

// hear starts when an apply has made the repository.
func (p *pusher) hear(ctx context.Context, e event) {
	if e.Type == completed && e.Hook.Resource.Type == repositoryType && e.Hook.Action == "create" {
		p.start(ctx)
	}
}

// wait returns when nothing is pushed any more.
func (p *pusher) wait() error {
	p.all.Wait()
	return p.err
}
