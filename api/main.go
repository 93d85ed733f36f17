// Command api runs one process of the shop: the web tier, the legacy
// inventory or the visitors, as SHOP_ROLE says.
//
// It knows signals and the exit status. Everything else, the environment
// included, is documented in package shop.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/chaotic-good/scenarios/api/shop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := shop.Run(ctx, os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}
