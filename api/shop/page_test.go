package shop

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"

	"github.com/chaotic-good/scenarios/frontend"
)

// counter is the shop's page before the shop itself, with all that both need,
// each of which a test may take away.
type counter struct {
	url   string
	shop  *process
	box   *process
	path  *path
	db    *pgx.Conn
	boxed map[string]string // the box's environment, to start it again
	slow  sync.RWMutex      // while it is locked, answers stay under way
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{boxed: map[string]string{"SHOP_ROLE": "inventory", "SHOP_DATA_DIR": t.TempDir()}}
	c.box = start(t, c.boxed)
	c.boxed["SHOP_LISTEN"] = strings.TrimPrefix(c.box.url, "http://")
	var name string
	c.shop, c.path, name = startShop(t, map[string]string{"SHOP_INVENTORY_URL": c.box.url, "SHOP_DATABASE_CONNECT_TIMEOUT": "300ms"})
	c.db = connect(t, c.path.to, name, "shop")

	to, err := url.Parse(c.shop.url)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(*http.Response) error {
			c.slow.RLock()
			defer c.slow.RUnlock()
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "Bad Gateway", http.StatusBadGateway)
		},
	})
	mux.Handle("/", frontend.Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	c.url = server.URL + "/"
	return c
}

func (c *counter) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := c.db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// cheapest is the product that the page shows first.
func (c *counter) cheapest(t *testing.T) (p product) {
	t.Helper()
	err := c.db.QueryRow(t.Context(), "SELECT "+productColumns+" FROM products ORDER BY price_cents, id LIMIT 1").Scan(p.fields()...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

func dollars(cents int64) string { return fmt.Sprintf("$%d.%02d", cents/100, cents%100) }

const (
	firstOrder = "#products > li:first-child button"
	tryAgain   = " .notice button"
)

// TestThePage drives the page in a real browser, against the real shop on a real
// database and a real inventory.
func TestThePage(t *testing.T) {
	tab := browser(t, "light")
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context, *counter)
	}{
		{"products", pageOfProducts},
		{"order", pageOfAnOrder},
		{"text", pageOfText},
		{"refused", pageOfARefusal},
		{"inventory away", pageWithoutInventory},
		{"database away", pageWithoutDatabase},
		{"slow", pageOfASlowShop},
		{"shop away", pageWithoutShop},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, tab, newCounter(t)) })
	}
}

func pageOfProducts(t *testing.T, tab context.Context, c *counter) {
	v := openPage(t, tab, c.url)
	first := c.cheapest(t)
	v.wait(`document.querySelectorAll("#products > li h3").length === 24`)
	v.shows("#products > li:first-child", first.Name)
	v.shows("#products > li:first-child", dollars(first.PriceCents))
	v.shows("#products > li:first-child", "120 in stock")
	v.shows("#found", "6,000 products")
	v.shows("#where", "Page 1 of 250")

	// The page's own list of kinds is the catalogue's.
	if got, want := v.eval(`[...document.querySelectorAll("#kinds a")].map(a => a.search)`), ",?q="+strings.Join(kinds, ",?q="); got != want {
		t.Errorf("the page leads to %s, want %s", got, want)
	}
	v.click(`#kinds a[href="?q=Tent"]`)
	v.shows("#found", "600 products")
	v.shows("#title", "Tents")
	v.wait(`[...document.querySelectorAll("#products h3")].every(h => h.innerText.includes("Tent"))`)
	v.click("#after")
	v.shows("#where", "Page 2 of 25")
	v.wait(`document.activeElement.id === "title"`)
	v.eval(`history.back()`)
	v.shows("#where", "Page 1 of 25")
	v.do(chromedp.Reload())
	v.loaded()
	v.shows("#title", "Tents")

	v.eval(`document.querySelector("#q").select()`)
	v.do(chromedp.KeyEvent("no such thing %_" + kb.Enter))
	v.shows("#found", "Nothing was found.")
	v.wait(`!document.querySelector("#products").children.length && document.querySelector("#pages").hidden`)
	v.do(chromedp.Navigate(c.url + "?q=tent&page=400"))
	v.shows("#found", "There is nothing on this page.")
	v.click("#before")
	v.shows("#where", "Page 399")
}

func pageOfAnOrder(t *testing.T, tab context.Context, c *counter) {
	v := openPage(t, tab, c.url)
	first := c.cheapest(t)
	v.shows("#no-orders", "None yet")
	// By the keyboard alone: the dialog takes the focus, and gives it back.
	v.eval(`document.querySelector("` + firstOrder + `").focus()`)
	v.do(chromedp.KeyEvent(kb.Enter))
	v.shows("#order-name", first.Name)
	v.shows("#stock", "The warehouse counts")
	v.wait(`document.activeElement.id === "quantity"`)
	v.eval(`document.querySelector("#quantity").select()`)
	v.do(chromedp.KeyEvent("3"))
	v.shows("#total", dollars(3*first.PriceCents))
	v.do(chromedp.KeyEvent(kb.Enter))
	v.shows("#orders", "3 × "+first.Name)
	v.shows("#orders", dollars(3*first.PriceCents))
	v.shows("#placed", "is placed.")
	v.shows("#products > li:first-child", "117 in stock")
	v.wait(`!document.querySelector("#order").open && document.activeElement === document.querySelector("` + firstOrder + `")`)

	var customer, product, quantity int64
	if err := c.db.QueryRow(t.Context(), "SELECT customer, product, quantity FROM orders").Scan(&customer, &product, &quantity); err != nil {
		t.Fatal(err)
	}
	if want := v.eval(`document.querySelector("#customer").valueAsNumber`); customer < 1 || want != digits(customer) || product != first.ID || quantity != 3 {
		t.Errorf("customer %d (the page's is %s) ordered %d of %d", customer, want, quantity, product)
	}
	v.do(chromedp.Reload())
	v.loaded()
	v.shows("#orders", "3 × "+first.Name) // the shop was asked again
	c.exec(t, "DELETE FROM orders")
	v.do(chromedp.Reload())
	v.shows("#no-orders", "None yet")
}

// What the shop says is text, whatever it looks like.
func pageOfText(t *testing.T, tab context.Context, c *counter) {
	const evil = `<img src=x onerror="pwned=1"><script>pwned=1</script>`
	c.exec(t, `UPDATE products SET name = '`+evil+`', description = '`+evil+`', category = '"><b id=x>' WHERE id = `+digits(c.cheapest(t).ID))
	v := openPage(t, tab, c.url+"?q="+url.QueryEscape(evil))
	v.shows("#products > li h3", evil)
	v.shows("#title", evil)
	v.click(firstOrder)
	v.shows("#order-name", evil)
	v.click("#send")
	v.shows("#orders", "1 × "+evil)
	v.wait(`window.pwned === undefined && !document.querySelector("img, body script, #x")`)
}

func pageOfARefusal(t *testing.T, tab context.Context, c *counter) {
	first := c.cheapest(t)
	c.exec(t, "UPDATE products SET stock = 0 WHERE id = "+digits(first.ID))
	v := openPage(t, tab, c.url)
	v.shows("#products > li:first-child", "Sold out")
	v.click(firstOrder) // the list may be old, so the shop is asked all the same
	v.eval(`document.querySelector("#quantity").select()`)
	v.do(chromedp.KeyEvent("100"))
	c.exec(t, "UPDATE products SET stock = 70 WHERE id = "+digits(first.ID)) // so many are not restocked
	v.click("#send")
	v.shows("#order-trouble [role=alert]", "The order was not placed. There are not enough of these in stock. Reference")
	v.shows("#products > li:first-child", "70 in stock")
	v.shows("#send", "Try again")
	v.snap("refused")
	c.exec(t, "UPDATE products SET stock = 170 WHERE id = "+digits(first.ID))
	v.click("#send")
	v.shows("#orders", "100 × "+first.Name)
	v.shows("#products > li:first-child", "70 in stock")

	v.eval(`document.querySelector("#customer").value = 99999`)
	v.click(firstOrder)
	v.click("#send")
	v.shows("#order-trouble", "No such entry in customers.")
	v.click("#close")
	v.eval(`document.querySelector("#customer").value = ""`)
	v.click(firstOrder)
	v.wait(`!document.querySelector("#order").open && document.activeElement.id === "customer"`)
}

func pageWithoutInventory(t *testing.T, tab context.Context, c *counter) {
	v := openPage(t, tab, c.url)
	if err := c.box.stop(); err != nil {
		t.Fatal(err)
	}
	v.click(firstOrder)
	v.shows("#stock [role=alert]", "The stock of this product is not known right now.")
	v.click("#send") // which does not ask the inventory
	v.shows("#placed", "is placed.")
	v.click(firstOrder)
	v.shows("#stock [role=alert]", "The stock of this product is not known right now.")
	start(t, c.boxed)
	v.click("#stock" + tryAgain)
	v.shows("#stock", "The warehouse counts")
}

func pageWithoutDatabase(t *testing.T, tab context.Context, c *counter) {
	v := openPage(t, tab, c.url)
	v.click(firstOrder)
	v.click("#send")
	v.shows("#placed", "is placed.")
	c.path.cut()
	c.path.dropAll()
	v.do(chromedp.Reload())
	v.loaded()
	v.shows("#trouble [role=alert]", "The products could not be loaded.")
	v.shows("#orders-trouble [role=alert]", "Not all orders could be looked up.")
	v.wait(`!document.querySelector("#products").children.length`)
	v.snap("database-away")
	c.path.mend()
	v.click("#trouble" + tryAgain)
	v.wait(`document.querySelectorAll("#products > li h3").length === 24 && !document.querySelector("#trouble").children.length`)
	v.click("#orders-trouble" + tryAgain)
	v.shows("#orders", "1 × ")
}

// A slow shop does what it is asked, and says so when nobody waits any more.
func pageOfASlowShop(t *testing.T, tab context.Context, c *counter) {
	v := openPage(t, tab, c.url)
	first := c.cheapest(t)
	v.click(firstOrder)
	v.shows("#stock", "The warehouse counts")
	c.slow.Lock()
	mend := sync.OnceFunc(c.slow.Unlock)
	defer mend()
	v.eval(`AbortSignal.timeout = (real => ms => real.call(AbortSignal, ms * 3 / 8))(AbortSignal.timeout)`) // 3 s of its 8
	v.click("#send")
	v.wait(`document.querySelector("#send").disabled`)
	v.shows("#send", "Still waiting for the shop")
	v.shows("#order-trouble [role=alert]", "Whether the order was placed is not known: a second one may buy twice. The shop did not answer within 8 seconds.")
	v.wait(`!document.querySelector("#send").disabled`)
	v.click("#close")
	v.click(`#kinds a[href="?q=Rope"]`)
	v.shows("#found", "The shop is slow right now")
	v.snap("waiting")
	v.shows("#trouble [role=alert]", "The products could not be loaded. The shop did not answer within 8 seconds.")
	v.wait(`document.querySelector("#products").getAttribute("aria-busy") === "false"`)
	mend()
	v.click("#trouble" + tryAgain)
	v.shows("#found", "600 products")
	// It had gone through, as the page said that it might.
	var n int
	if err := c.db.QueryRow(t.Context(), "SELECT count(*) FROM orders WHERE product = $1", first.ID).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d orders, %v", n, err)
	}
}

func pageWithoutShop(t *testing.T, tab context.Context, c *counter) {
	v := openPage(t, tab, c.url)
	if err := c.shop.stop(); err != nil {
		t.Fatal(err)
	}
	v.click(`#kinds a[href="?q=Stove"]`)
	v.shows("#trouble [role=alert]", "The products could not be loaded. The shop broke off without an answer.")
	v.wait(`document.querySelector("#products").getAttribute("aria-busy") === "false"`)
	v.click("#trouble" + tryAgain)
	v.shows("#trouble [role=alert]", "could not be loaded")
}

// TestThePagesLooks: in light and in dark, wide and narrow, nothing sticks out.
func TestThePagesLooks(t *testing.T) {
	c := newCounter(t)
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			v := openPage(t, browser(t, scheme), c.url)
			if dark := v.eval(`getComputedStyle(document.body).backgroundColor`); (dark == "rgb(22, 19, 15)") != (scheme == "dark") {
				t.Errorf("the page is %s", dark)
			}
			v.click(firstOrder)
			v.click("#send")
			v.shows("#placed", "is placed.")
			for name, size := range map[string][2]int64{"1280": {1280, 900}, "390": {390, 844}} {
				v.do(chromedp.EmulateViewport(size[0], size[1]))
				v.wait(`document.documentElement.scrollWidth <= innerWidth`)
				v.eval(`scrollTo(0, 0)`)
				v.snap(name)
				v.click(firstOrder)
				v.shows("#stock", "The warehouse counts")
				v.wait(`(b => b.left >= 0 && b.right <= innerWidth && b.bottom <= innerHeight)(document.querySelector("#order").getBoundingClientRect())`)
				v.snap(name + "-order")
				v.click("#close")
				v.eval(`document.querySelector("aside").scrollIntoView()`)
				v.snap(name + "-orders")
			}
		})
	}
}
