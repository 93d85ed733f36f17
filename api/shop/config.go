package shop

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type role string

const (
	roleServe     role = "serve"
	roleInventory role = "inventory"
	roleVisitors  role = "visitors"
	roleReport    role = "report"
	roleMailer    role = "mailer"
)

// config is the environment, read and checked once.
type config struct {
	role        role
	listen      string
	addressFile string
	name        string
	release     string
	resolve     map[string]string

	database     databaseConfig
	inventoryURL string
	slots, queue int
	payment      time.Duration
	checkout     string
	statusFile   string // of a pod
	suggestions  int    // candidates that a search weighs

	parallel int           // of the report: connections
	pause    time.Duration // of the report: to put a day's figures away
	workers  int           // of the mailer: connections at most

	target *url.URL
	rate   float64 // arrivals a second; of the mailer: mails
	routes []string

	dataDir   string
	logDir    string
	logQuota  string
	settings  string
	debugRate int // bytes a second
}

type databaseConfig struct {
	host, name, user, password string
	operator, operatorPassword string // who may make logins; empty: nobody here may
	port                       int
	pool                       int
	lifetime, connectTimeout   time.Duration
}

// service is the name in the logs and the scrape job.
func (c config) service() string {
	if c.role == roleServe {
		return "shop"
	}
	return string(c.role)
}

func readConfig(getenv func(string) string) (config, error) {
	e := environment{getenv: getenv}
	c := config{
		role:        role(e.required("SHOP_ROLE")),
		listen:      e.text("SHOP_LISTEN", "127.0.0.1:8080"),
		addressFile: e.text("SHOP_ADDRESS_FILE", ""),
		release:     e.text("SHOP_RELEASE", "dev"),
	}
	c.name = e.text("SHOP_NAME", string(c.role))
	resolve, err := parseResolve(e.text("SHOP_RESOLVE", ""))
	c.resolve = resolve
	e.check(err)

	switch c.role {
	case roleServe:
		c.database = e.database("shop")
		c.inventoryURL = e.text("SHOP_INVENTORY_URL", "")
		c.slots = e.number("SHOP_SLOTS", 3, 1)
		c.queue = e.number("SHOP_QUEUE", 8, 0)
		c.payment = e.duration("SHOP_PAYMENT_WAIT", 200*time.Millisecond)
		c.statusFile = e.text("SHOP_STATUS_FILE", "")
		c.checkout = e.text("SHOP_CHECKOUT", checkoutUsual)
		c.suggestions = e.number("SHOP_SUGGESTIONS", 0, 0)
	case roleReport:
		c.database = e.database("report")
		c.parallel = e.number("SHOP_REPORT_PARALLEL", 32, 1)
		c.pause = e.duration("SHOP_REPORT_PAUSE", 100*time.Millisecond)
	case roleMailer:
		c.database = e.database("mailer")
		c.workers = e.number("SHOP_MAILER_WORKERS", 120, 1)
		c.rate = e.rate("SHOP_MAILER_RATE", 5)
	case roleInventory:
		c.dataDir = e.required("SHOP_DATA_DIR")
		c.logDir = e.text("SHOP_LOG_DIR", "")
		c.logQuota = e.text("SHOP_LOG_QUOTA_FILE", "")
		c.settings = e.text("SHOP_CONFIG", "")
		c.debugRate = e.bytes("SHOP_LOG_DEBUG_RATE", 8<<20)
	case roleVisitors:
		c.target = e.address("SHOP_TARGET_URL")
		c.rate = e.rate("SHOP_VISITORS_RATE", 30)
		c.routes = e.routes("SHOP_VISITORS_ROUTES")
	case "":
	default:
		e.check(fmt.Errorf("SHOP_ROLE %q: want serve, inventory, visitors, report or mailer", c.role))
	}
	return c, errors.Join(e.errs...)
}

// database is where the database is and who comes there. Jobs choose their own
// password.
func (e *environment) database(user string) databaseConfig {
	return databaseConfig{
		host:             e.required("SHOP_DATABASE_HOST"),
		port:             e.number("SHOP_DATABASE_PORT", 5432, 1),
		name:             e.text("SHOP_DATABASE_NAME", "shop"),
		user:             e.text("SHOP_DATABASE_USER", user),
		password:         e.text("SHOP_DATABASE_PASSWORD", ""),
		operator:         e.text("SHOP_OPERATOR_USER", ""),
		operatorPassword: e.text("SHOP_OPERATOR_PASSWORD", ""),
		pool:             e.number("SHOP_DATABASE_POOL", 4, 1),
		lifetime:         e.duration("SHOP_DATABASE_LIFETIME", 20*time.Second),
		connectTimeout:   e.duration("SHOP_DATABASE_CONNECT_TIMEOUT", 2*time.Second),
	}
}

// environment reads variables and collects what is wrong with them, so that
// one start names every mistake.
type environment struct {
	getenv func(string) string
	errs   []error
}

func (e *environment) check(err error) {
	if err != nil {
		e.errs = append(e.errs, err)
	}
}

func (e *environment) text(key, otherwise string) string {
	if v := e.getenv(key); v != "" {
		return v
	}
	return otherwise
}

func (e *environment) required(key string) string {
	v := e.getenv(key)
	if v == "" {
		e.check(fmt.Errorf("%s is missing", key))
	}
	return v
}

func (e *environment) number(key string, otherwise, least int) int {
	v := e.text(key, strconv.Itoa(otherwise))
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > 65535 {
		e.check(fmt.Errorf("%s %q: want a whole number from %d to 65535", key, v, least))
	}
	return n
}

// bytes is an amount; a gigabyte is more than any of them needs.
func (e *environment) bytes(key string, otherwise int) int {
	const most = 1 << 30
	v := e.text(key, strconv.Itoa(otherwise))
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		e.check(fmt.Errorf("%s %q: want a number of bytes up to %d", key, v, most))
	}
	return n
}

func (e *environment) duration(key string, otherwise time.Duration) time.Duration {
	v := e.text(key, otherwise.String())
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		e.check(fmt.Errorf("%s %q: want a duration above zero, such as 2s", key, v))
	}
	return d
}

// rate is bounded above: visitors are a load for a small shop, not a flood.
func (e *environment) rate(key string, otherwise float64) float64 {
	const most = 2000
	v := e.text(key, strconv.FormatFloat(otherwise, 'g', -1, 64))
	r, err := strconv.ParseFloat(v, 64)
	if err != nil || !(r > 0 && r <= most) {
		e.check(fmt.Errorf("%s %q: want arrivals a second above 0 and up to %d", key, v, most))
	}
	return r
}

// routes are some of the shop's; all of them by default.
func (e *environment) routes(key string) (some []string) {
	known := []string{routeProducts, routeOrder, routeStock}
	for name := range strings.SplitSeq(e.text(key, strings.Join(known, ",")), ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(known, name) {
			e.check(fmt.Errorf("%s: no route is called %q; want some of %s", key, name, strings.Join(known, ", ")))
		}
		some = append(some, name)
	}
	return some
}

func (e *environment) address(key string) *url.URL {
	v := e.required(key)
	u, err := url.Parse(v)
	if v != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		e.check(fmt.Errorf("%s: want http://host or https://host", key))
	}
	return u
}
