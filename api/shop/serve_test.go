package shop

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestProductsAreSearchedAndPaged(t *testing.T) {
	p, _, _ := startShop(t, nil)
	r := p.get("/api/products?q=LANTERN&page=2")
	if r.code != 200 || !strings.Contains(r.text, fmt.Sprintf(`"total":%d`, catalogueSize/len(kinds))) || strings.Count(r.text, `"id"`) != pageSize {
		t.Errorf("search answered %d %s", r.code, r.text)
	}
	if r := p.get("/api/products?q=100%25_"); !strings.Contains(r.text, `"products":[],"page":1,"total":0`) {
		t.Errorf("wildcards of the visitor match: %s", r.text)
	}
	if r := p.get("/api/products/7"); r.code != 200 || !strings.Contains(r.text, productAt(7).Name) {
		t.Errorf("product 7: %d %s", r.code, r.text)
	}
	for path, want := range map[string]int{
		"/api/products?page=0": 400, "/api/products/0": 404, "/api/products/99999": 404, "/api/orders/1": 404, "/nowhere": 404,
	} {
		if r := p.get(path); r.code != want {
			t.Errorf("%s answered %d, want %d: %s", path, r.code, want, r.text)
		}
	}
}

func TestTasksThatStartTogetherSeedOnce(t *testing.T) {
	address, name := newDatabase(t)
	var tasks []*process
	for range 3 {
		tasks = append(tasks, start(t, shopEnv(address, name, nil)))
	}
	for _, p := range tasks {
		until(t, 30*time.Second, "a healthy task", func() bool { return p.get("/healthz").code == 200 })
		if r := p.get("/api/products"); r.code != 200 {
			t.Errorf("a task that says that it is well answers %d %s", r.code, r.text)
		}
		p.logs.wait(t, "schema ready")
		if text, _ := p.logs.text(); strings.Contains(text, `"msg":"make schema"`) || strings.Contains(text, `"msg":"database is down"`) {
			t.Errorf("got into each other's way, or complained early: %s", text)
		}
	}
	var products, versions int
	err := connect(t, address, name, "shop").QueryRow(t.Context(),
		"SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM shop_schema)").Scan(&products, &versions)
	if err != nil || products != catalogueSize || versions != 1 {
		t.Errorf("%d products, %d versions, %v", products, versions, err)
	}
}

func TestServeBeginsWhileTheDatabaseIsAway(t *testing.T) {
	address, name := newDatabase(t)
	path := newPath(t, address)
	path.cut()
	p := start(t, shopEnv(path.address(), name, map[string]string{"SHOP_DATABASE_CONNECT_TIMEOUT": "300ms"}))
	until(t, 30*time.Second, "a healthy task", func() bool { return p.get("/healthz").code == 200 })
	r := p.get("/api/products")
	if r.code != 503 || r.reason() != "unavailable" {
		t.Errorf("products answered %d %s", r.code, r.text)
	}
	path.mend()
	p.logs.wait(t, "schema ready")
	if r := p.get("/api/products"); r.code != 200 {
		t.Errorf("products answered %d %s", r.code, r.text)
	}
}

func TestHealthIsShallowAndErrorsStayInTheLog(t *testing.T) {
	p, path, _ := startShop(t, nil)
	path.l.Close()
	path.dropAll()
	// The first may still meet the dying connection; then connects are refused.
	until(t, 30*time.Second, "503", func() bool { return p.get("/api/products").code == 503 })
	if r := p.get("/healthz"); r.code != 200 {
		t.Errorf("healthz answered %d", r.code)
	}
	r := p.get("/api/products/1")
	if r.code != 503 || strings.Contains(r.text, "dial") || strings.Contains(r.text, "127.0.0.1") {
		t.Errorf("answered %d %s", r.code, r.text)
	}
	if got := r.header.Get(requestIDHeader); got != "from-the-test" {
		t.Errorf("request id came back as %q", got)
	}
	line := p.logs.wait(t, `"level":"ERROR"`, `"route":"products"`, "connection refused")
	for _, part := range []string{`"service":"shop"`, `"task":"task-1"`, `"request_id":"from-the-test"`, `"code":503`, `"duration_ms":`, "dial tcp 127.0.0.1:"} {
		if !strings.Contains(line, part) {
			t.Errorf("no %s in %s", part, line)
		}
	}
	if text, _ := p.logs.text(); strings.Contains(text, "not-in-any-log") {
		t.Error("the password is in the log")
	}
	until(t, 30*time.Second, "shop_database_up 0", func() bool {
		return strings.Contains(p.get("/metrics").text, "\nshop_database_up 0\n")
	})
}

func TestOrdersAboveSlotsAndQueueAreShed(t *testing.T) {
	p, _, _ := startShop(t, map[string]string{"SHOP_SLOTS": "2", "SHOP_QUEUE": "3", "SHOP_PAYMENT_WAIT": "400ms"})
	var mu sync.Mutex
	codes := map[int]int{}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			r := p.order(fmt.Sprintf(`{"customer":%d,"product":1,"quantity":1}`, i+1))
			mu.Lock()
			defer mu.Unlock()
			codes[r.code]++
			if r.code == 503 && r.reason() != "busy" {
				t.Errorf("shed with %s", r.text)
			}
		})
	}
	wg.Wait()
	if codes[201] != 5 || codes[503] != 5 {
		t.Errorf("codes %v, want five of 201 and five of 503", codes)
	}
	if r := p.get("/api/products/1"); r.code != 200 {
		t.Errorf("reading answered %d", r.code)
	}
}

func TestMetricsAreThoseOfTheAlertRules(t *testing.T) {
	box := start(t, map[string]string{"SHOP_ROLE": "inventory", "SHOP_DATA_DIR": t.TempDir()})
	p, _, _ := startShop(t, map[string]string{"SHOP_INVENTORY_URL": box.url})
	if r := p.get("/api/products/1/stock"); r.code != 200 || !strings.Contains(r.text, `"product":1,"count":`) {
		t.Errorf("stock answered %d %s", r.code, r.text)
	}
	p.get("/api/products")
	box.logs.wait(t, `"service":"inventory"`, `"request_id":"from-the-test"`)
	for _, want := range []string{
		`shop_http_requests_total{code="200",method="GET",route="products"} 1`,
		`shop_http_requests_total{code="201",method="POST",route="order"} 0`,
		`shop_http_requests_total{code="200",method="GET",route="stock"} 1`,
		`shop_http_request_duration_seconds_bucket{method="GET",route="products",le="5"} 1`,
		`shop_database_up 1`,
		`shop_inventory_up 1`,
		`shop_database_connections{state="busy"} \d+`,
		`shop_database_connections{state="idle"} \d+`,
		`shop_build_info{release="1.4.0",task="task-1"} 1`,
	} {
		eventually(t, p, want)
	}
	eventually(t, box, `inventory_requests_total{code="200"} 1`)

	box.stop()
	if r := p.get("/api/products/1/stock"); r.code != 502 || r.reason() != "inventory_unavailable" {
		t.Errorf("without the inventory: %d %s", r.code, r.text)
	}
	eventually(t, p, `shop_inventory_up 0`)
}

func eventually(t *testing.T, p *process, metric string) {
	t.Helper()
	metric = strings.NewReplacer("{", `\{`, "}", `\}`, ".", `\.`).Replace(metric)
	line := regexp.MustCompile("(?m)^" + metric + "$")
	until(t, 30*time.Second, metric, func() bool { return line.MatchString(p.get("/metrics").text) })
}

// inFlight returns the channel of an order that waits for its payment. There
// is one slot: of two orders the one that is shed says that the other runs.
func inFlight(t *testing.T, p *process) <-chan reply {
	t.Helper()
	answered := make(chan reply, 2)
	for range 2 {
		go func() { answered <- p.order(`{"customer":1,"product":1,"quantity":1}`) }()
	}
	if r := <-answered; r.code != http.StatusServiceUnavailable {
		t.Fatalf("the second order got %d %s %v", r.code, r.text, r.err)
	}
	return answered
}

func oneSlot(payment string) map[string]string {
	return map[string]string{"SHOP_PAYMENT_WAIT": payment, "SHOP_SLOTS": "1", "SHOP_QUEUE": "0"}
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	p, _, _ := startShop(t, oneSlot("600ms"))
	answered := inFlight(t, p)
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if r := <-answered; r.code != http.StatusCreated {
		t.Errorf("the order in flight got %d %v", r.code, r.err)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
		c.Close()
		t.Error("still listening")
	}
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	p, _, _ := startShop(t, oneSlot("1h"))
	answered := inFlight(t, p)
	begin := time.Now()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took < grace || took > grace+2*time.Second {
		t.Errorf("stopped after %s, want a little over %s", took, grace)
	}
	if r := <-answered; r.err == nil {
		t.Errorf("the order in flight got %d", r.code)
	}
}
