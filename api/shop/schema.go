package shop

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed schema.sql
var schemaSQL string

const (
	schemaVersion = 1
	// schemaLock is the advisory lock under which tasks that start together
	// make the schema once. The number only has to be ours.
	schemaLock = 0x53484f50 // "SHOP"
)

// prepare makes schema and seed and tries again until that succeeds or ctx
// ends: the shop answers 503 meanwhile. It calls tried when the first attempt
// has ended, well or not.
func (d *database) prepare(ctx context.Context, log *slog.Logger, tried func()) {
	for {
		err := d.migrate(ctx)
		if err == nil {
			d.ready.Store(true)
		}
		tried()
		if err == nil {
			log.Info("schema ready")
			return
		}
		if ctx.Err() != nil {
			return
		}
		log.Error("make schema", "error", err.Error())
		select {
		case <-ctx.Done():
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// migrate uses a connection of its own, for seeding may take longer than a
// statement of the shop's may. All of it is one transaction: a crash leaves
// nothing, and who comes second finds it done. A shop that nobody knows at the
// server yet has its login made first.
func (d *database) migrate(ctx context.Context) error {
	cc := d.pool.Config().ConnConfig
	cc.RuntimeParams["statement_timeout"] = "30000"
	conn, err := pgx.ConnectConfig(ctx, cc)
	if unknown(err) && d.operator != nil {
		if err := makeLogin(ctx, d.operator, cc.User, cc.Password, false); err != nil {
			return err
		}
		conn, err = pgx.ConnectConfig(ctx, cc)
	}
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", schemaLock); err != nil {
			return fmt.Errorf("lock schema: %w", err)
		}
		var exists bool
		if err := tx.QueryRow(ctx, "SELECT to_regclass('shop_schema') IS NOT NULL").Scan(&exists); err != nil {
			return fmt.Errorf("look for schema: %w", err)
		}
		if exists {
			return checkVersion(ctx, tx)
		}
		if _, err := tx.Exec(ctx, schemaSQL); err != nil {
			return fmt.Errorf("make schema: %w", err)
		}
		return seed(ctx, tx)
	})
}

func checkVersion(ctx context.Context, tx pgx.Tx) error {
	var version int
	if err := tx.QueryRow(ctx, "SELECT max(version) FROM shop_schema").Scan(&version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if version != schemaVersion {
		return fmt.Errorf("schema has version %d, this release needs %d", version, schemaVersion)
	}
	return nil
}

func seed(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"products"},
		[]string{"id", "name", "category", "description", "price_cents", "stock"},
		pgx.CopyFromSlice(catalogueSize, func(i int) ([]any, error) {
			p := productAt(int64(i) + 1)
			return []any{p.ID, p.Name, p.Category, p.Description, p.PriceCents, p.Stock}, nil
		}))
	if err != nil {
		return fmt.Errorf("seed products: %w", err)
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"customers"}, []string{"id", "name", "wallet_cents"},
		pgx.CopyFromSlice(customerCount, func(i int) ([]any, error) {
			id := int64(i) + 1
			return []any{id, customerName(id), walletCents}, nil
		}))
	if err != nil {
		return fmt.Errorf("seed customers: %w", err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO shop_schema VALUES ($1)", schemaVersion); err != nil {
		return fmt.Errorf("record schema version: %w", err)
	}
	// Without statistics the first searches are planned blind.
	if _, err := tx.Exec(ctx, "ANALYZE products, customers"); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return nil
}
