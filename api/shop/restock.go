package shop

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The restock rule: every restockEvery one of the tasks fills each product
// below lowStock and each wallet below lowWallet up to where the seed began.
// Visitors may so buy for hours; up to 300 of them a second take about one
// piece of a product, or three orders of a wallet, in one period.
const (
	restockEvery       = 30 * time.Second
	lowStock     int64 = startStock / 2
	lowWallet    int64 = walletCents / 2

	restockLock = schemaLock + 1
)

// restocking goes on until ctx ends. A delivery that fails is made up for by
// the next; probe and requests already say that the database is away.
func (d *database) restocking(ctx, work context.Context, log *slog.Logger) {
	tick := time.NewTicker(restockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.use(work, func(c *pgxpool.Conn) error { return restock(work, c) }); err != nil {
			log.Error("restock", "error", err.Error())
		}
	}
}

// restock fills products and wallets in two transactions, since an order
// locks one of each and could otherwise deadlock with it. The lock keeps the
// tasks from filling the same rows in different orders.
func restock(ctx context.Context, c *pgxpool.Conn) error {
	fill := func(query string, args ...any) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			var ours bool
			if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", restockLock).Scan(&ours); err != nil || !ours {
				return err
			}
			_, err := tx.Exec(ctx, query, args...)
			return err
		})
	}
	if err := fill("UPDATE products SET stock = $1 WHERE stock < $2", startStock, lowStock); err != nil {
		return fmt.Errorf("restock products: %w", err)
	}
	if err := fill("UPDATE customers SET wallet_cents = $1 WHERE wallet_cents < $2", walletCents, lowWallet); err != nil {
		return fmt.Errorf("top up wallets: %w", err)
	}
	return nil
}
