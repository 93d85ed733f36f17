package shell

import (
	"context"
	"strings"
	"time"
)

// timeout ends a tool that takes too long.
func timeout(c *call) int {
	if len(c.args) < 2 {
		return c.fail("missing operand")
	}
	limit := c.args[0]
	if strings.Trim(limit, "0123456789.") == "" {
		limit += "s"
	}
	d, err := time.ParseDuration(limit)
	if err != nil {
		return c.fail("invalid time interval '%s'", c.args[0])
	}
	ctx, cancel := context.WithTimeout(c.ctx, d)
	defer cancel()
	own := *c
	own.ctx = ctx
	code := c.session.tool(&own, c.args[1:])
	if ctx.Err() != nil {
		return 124
	}
	return code
}
