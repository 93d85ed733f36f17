package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestConcurrentOrdersNeverOversell(t *testing.T) {
	p, path, name := startShop(t, nil)
	db := connect(t, path.to, name, "shop")
	if _, err := db.Exec(t.Context(), "UPDATE products SET stock = 7, price_cents = 100 WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	var sold, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			switch r := p.order(fmt.Sprintf(`{"customer":%d,"product":1,"quantity":1}`, 1+i%3)); {
			case r.code == 201 && strings.Contains(r.text, `"total_cents":100`):
				sold.Add(1)
			case r.code == 409 && r.reason() == "insufficient_stock":
				refused.Add(1)
			default:
				t.Errorf("answered %d %s %v", r.code, r.text, r.err)
			}
		})
	}
	wg.Wait()
	var stock, orders, spent int64
	err := db.QueryRow(t.Context(), `SELECT (SELECT stock FROM products WHERE id = 1), (SELECT count(*) FROM orders),
		(SELECT sum($1 - wallet_cents) FROM customers)::bigint`, walletCents).Scan(&stock, &orders, &spent)
	if err != nil || stock != 0 || orders != 7 || spent != 700 {
		t.Errorf("stock %d, %d orders, %d cents spent, %v", stock, orders, spent, err)
	}
	if sold.Load() != 7 || refused.Load() != 17 {
		t.Errorf("%d sold, %d refused", sold.Load(), refused.Load())
	}
}

func TestAnOrderWithoutMoneyTakesNothing(t *testing.T) {
	p, path, name := startShop(t, nil)
	db := connect(t, path.to, name, "shop")
	if _, err := db.Exec(t.Context(), "UPDATE customers SET wallet_cents = 10 WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if r := p.order(`{"customer":1,"product":1,"quantity":2}`); r.code != 409 || r.reason() != "insufficient_money" {
		t.Errorf("answered %d %s", r.code, r.text)
	}
	var stock, wallet int64
	err := db.QueryRow(t.Context(), `SELECT p.stock, c.wallet_cents FROM products p, customers c
		WHERE p.id = 1 AND c.id = 1`).Scan(&stock, &wallet)
	if err != nil || stock != startStock || wallet != 10 {
		t.Errorf("stock %d, wallet %d, %v", stock, wallet, err)
	}
	for body, want := range map[string]int{
		`{"customer":99999,"product":1,"quantity":1}`: 404,
		`{"customer":1,"product":99999,"quantity":1}`: 404,
		`{"customer":1,"product":1,"quantity":0}`:     400,
		`{"customer":1,"product":1,"quantity":101}`:   400,
		`not json`: 400,
	} {
		if r := p.order(body); r.code != want {
			t.Errorf("%s answered %d, want %d: %s", body, r.code, want, r.text)
		}
	}
	r := p.order(`{"customer":2,"product":1,"quantity":3}`)
	if r.code != 201 {
		t.Fatalf("answered %d %s", r.code, r.text)
	}
	var id int64
	if _, err := fmt.Sscanf(r.text, `{"id":%d,`, &id); err != nil {
		t.Fatal(err)
	}
	if r := p.get(fmt.Sprintf("/api/orders/%d", id)); r.code != 200 || !strings.Contains(r.text, `"quantity":3`) {
		t.Errorf("the order reads %d %s", r.code, r.text)
	}
}

func TestRestockFillsWhatRunsLow(t *testing.T) {
	_, path, name := startShop(t, nil)
	db := connect(t, path.to, name, "shop")
	if _, err := db.Exec(t.Context(), `UPDATE products SET stock = id - 1 WHERE id <= 100`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE customers SET wallet_cents = 5 WHERE id = 9`); err != nil {
		t.Fatal(err)
	}
	c := config{name: "restock"}
	c.database = databaseConfig{host: "db", port: 1, name: name, user: "shop", pool: 1, lifetime: restockEvery, connectTimeout: restockEvery}
	other, err := openDatabase(t.Context(), c, newDialer(map[string]string{"db:1": path.to}))
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	conn, err := other.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for range 2 { // the second finds nothing to do
		if err := restock(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	var lowest, between, poorest int64
	err = db.QueryRow(t.Context(), `SELECT min(stock), count(*) FILTER (WHERE stock BETWEEN $1 AND $2),
		(SELECT min(wallet_cents) FROM customers) FROM products`, lowStock, startStock-1).Scan(&lowest, &between, &poorest)
	if err != nil || lowest != lowStock || between != 100-lowStock || poorest != walletCents {
		t.Errorf("lowest stock %d, %d left alone, poorest %d, %v", lowest, between, poorest, err)
	}
}

func placeOrder(ctx context.Context, p *process) (code int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/orders",
		strings.NewReader(`{"customer":1,"product":1,"quantity":1}`))
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// A context's deadline would close the connection; the server's does not.
func TestASlowStatementEndsAndItsConnectionLives(t *testing.T) {
	p, path, name := startShop(t, map[string]string{"SHOP_DATABASE_POOL": "1"})
	if r := p.order(`{"customer":1,"product":1,"quantity":1}`); r.code != 201 {
		t.Fatalf("answered %d %s", r.code, r.text)
	}
	db := connect(t, path.to, name, "shop")
	backend := func() (pid int) {
		t.Helper()
		err := db.QueryRow(t.Context(), "SELECT pid FROM pg_stat_activity WHERE application_name = 'task-1'").Scan(&pid)
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	before := backend()
	lock, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), "SELECT FROM products WHERE id = 1 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	if r := p.order(`{"customer":1,"product":1,"quantity":1}`); r.code != 500 || r.reason() != "internal" {
		t.Errorf("answered %d %s", r.code, r.text)
	}
	p.logs.wait(t, `"level":"ERROR"`, `"route":"order"`, "SQLSTATE 57014")
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := p.order(`{"customer":1,"product":1,"quantity":1}`); r.code != 201 || backend() != before {
		t.Errorf("answered %d; backend %d became %d", r.code, before, backend())
	}
}

func TestAnOrderOutlivesAClientWhoHangsUp(t *testing.T) {
	p, _, _ := startShop(t, oneSlot("300ms"))
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		for code, err := 503, error(nil); ; {
			if err != nil || code != 503 { // 503: the one slot was just being looked at
				ended <- err
				return
			}
			code, err = placeOrder(ctx, p)
		}
	}()
	// An order that is too large holds the slot for no time at all.
	until(t, 30*time.Second, "the order is in flight", func() bool {
		return p.order(`{"customer":1,"product":1,"quantity":1000}`).code == 503
	})
	hangUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the client met %v", err)
	}
	until(t, 30*time.Second, "the order is written", func() bool { return p.get("/api/orders/1").code == 200 })
}
