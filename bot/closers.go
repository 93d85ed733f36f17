package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// closers is a named list of what has to be closed: first opened, last closed.
type closers struct{ list []closer }

type closer struct {
	name  string
	close func(context.Context) error
}

func (c *closers) add(name string, f func(context.Context) error) {
	c.list = append(c.list, closer{name, f})
}

// all closes everything, on a context that outlives the one that ended.
func (c *closers) all(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	var errs []error
	for i := len(c.list) - 1; i >= 0; i-- {
		if err := c.list[i].close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.list[i].name, err))
		}
	}
	c.list = nil
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
