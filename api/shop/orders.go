package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type order struct {
	ID         int64     `json:"id"`
	Customer   int64     `json:"customer"`
	Product    int64     `json:"product"`
	Quantity   int64     `json:"quantity"`
	TotalCents int64     `json:"total_cents"`
	PlacedAt   time.Time `json:"placed_at"`
}

// mostPerOrder keeps quantity times price far from the end of an int64.
const mostPerOrder = 100

// postOrder answers POST /api/orders. The payment provider only authorises
// while we wait; it captures what a committed order tells it to, so an order
// that fails afterwards costs nobody anything.
func (s *shop) postOrder(r *http.Request) (answer, error) {
	var o order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		return answer{}, invalid("the body must be JSON: customer, product, quantity")
	}
	if o.Customer < 1 || o.Product < 1 || o.Quantity < 1 || o.Quantity > mostPerOrder {
		return answer{}, invalid(fmt.Sprintf("customer, product and a quantity from 1 to %d are needed", mostPerOrder))
	}
	if s.express {
		if err := expressly(o); err != nil {
			return answer{}, err
		}
	}
	if err := s.authorise(r.Context()); err != nil {
		return answer{}, fmt.Errorf("authorise payment: %w", err)
	}
	err := s.db.use(r.Context(), func(c *pgxpool.Conn) error {
		return pgx.BeginFunc(r.Context(), c, func(tx pgx.Tx) error { return o.place(r.Context(), tx) })
	})
	if err != nil {
		return answer{}, fmt.Errorf("place order: %w", err)
	}
	return answer{http.StatusCreated, o}, nil
}

// authorise stands for the payment provider: time passes, no CPU is used.
func (s *shop) authorise(ctx context.Context) error {
	t := time.NewTimer(s.payment)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// place takes the goods, then the money, each only where there is enough.
// The condition stands in the UPDATE itself: it is judged again after waiting
// for another order's lock, so two orders cannot both take the last piece.
// Every order locks its product before its customer, so no two can deadlock.
func (o *order) place(ctx context.Context, tx pgx.Tx) error {
	var price int64
	err := tx.QueryRow(ctx, `UPDATE products SET stock = stock - $2
		WHERE id = $1 AND stock >= $2 RETURNING price_cents`, o.Product, o.Quantity).Scan(&price)
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(ctx, tx, "products", o.Product, &problem{
			code: http.StatusConflict, reason: "insufficient_stock", say: "there are not enough of these in stock"})
	}
	if err != nil {
		return fmt.Errorf("take stock: %w", err)
	}
	o.TotalCents = price * o.Quantity
	tag, err := tx.Exec(ctx, `UPDATE customers SET wallet_cents = wallet_cents - $2
		WHERE id = $1 AND wallet_cents >= $2`, o.Customer, o.TotalCents)
	if err != nil {
		return fmt.Errorf("take money: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return refuse(ctx, tx, "customers", o.Customer, &problem{
			code: http.StatusConflict, reason: "insufficient_money", say: "there is not enough money in the wallet"})
	}
	err = tx.QueryRow(ctx, `INSERT INTO orders (customer, product, quantity, total_cents)
		VALUES ($1, $2, $3, $4) RETURNING id, placed_at`,
		o.Customer, o.Product, o.Quantity, o.TotalCents).Scan(&o.ID, &o.PlacedAt)
	if err != nil {
		return fmt.Errorf("write order: %w", err)
	}
	return nil
}

// refuse says why an update found no row: there is none, or too little in it.
func refuse(ctx context.Context, tx pgx.Tx, table string, id int64, tooLittle *problem) error {
	var exists bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+" WHERE id = $1)", id).Scan(&exists)
	switch {
	case err != nil:
		return fmt.Errorf("look into %s: %w", table, err)
	case !exists:
		return missing("no such entry in " + table)
	}
	return tooLittle
}

// showOrder answers GET /api/orders/{id}.
func (s *shop) showOrder(r *http.Request) (answer, error) {
	id, err := pathID(r)
	if err != nil {
		return answer{}, err
	}
	var o order
	err = s.db.use(r.Context(), func(c *pgxpool.Conn) error {
		return c.QueryRow(r.Context(), `SELECT id, customer, product, quantity, total_cents, placed_at
			FROM orders WHERE id = $1`, id).Scan(&o.ID, &o.Customer, &o.Product, &o.Quantity, &o.TotalCents, &o.PlacedAt)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return answer{}, missing("no such order")
	}
	if err != nil {
		return answer{}, fmt.Errorf("show order: %w", err)
	}
	return answer{http.StatusOK, o}, nil
}
