// Package shop is the application that a round breaks: a small web shop on
// PostgreSQL, the legacy inventory that it asks for stock, the visitors who
// buy there, and jobs that are run beside it once in a while.
//
// It knows its own processes, HTTP, PostgreSQL and its metrics. It does
// not know rounds, faults, AWS or the bot: what breaks it comes from outside,
// through the network, the database or the environment below.
//
// One process plays one role, and reads (durations are Go durations):
//
//	SHOP_ROLE          serve | inventory | visitors | report | mailer
//	SHOP_LISTEN        address of the HTTP listener, 127.0.0.1:8080; port 0 is the kernel's choice
//	SHOP_ADDRESS_FILE  where the bound address is written once the listener is open
//	SHOP_NAME          the task's name in logs and metrics; the role by default
//	SHOP_RELEASE       the release in logs and shop_build_info, "dev" by default
//	SHOP_RESOLVE       host:port=ip:port,... where to dial instead, for networks without the stack's DNS;
//	                   a * among them: and nowhere else
//
// serve:
//
//	SHOP_DATABASE_HOST, _PORT (5432), _NAME (shop), _USER (shop), _PASSWORD;
//	                               by TLS where the server has it and is not on loopback
//	SHOP_DATABASE_POOL             connections at most, 4
//	SHOP_DATABASE_LIFETIME         age at which a connection is replaced, 20s
//	SHOP_DATABASE_CONNECT_TIMEOUT  2s
//	SHOP_OPERATOR_USER, _PASSWORD  who makes the shop's login where there is none; nobody by default
//	SHOP_INVENTORY_URL             base URL of the inventory
//	SHOP_SLOTS, SHOP_QUEUE         orders at a time (3) and orders waiting (8); more are refused with 503
//	SHOP_PAYMENT_WAIT              what the payment provider takes, 200ms
//	SHOP_CHECKOUT                  usual; express from release 1.5.0 on
//	SHOP_SUGGESTIONS               candidates that a search weighs for what else one might like, 0
//
// report and mailer (jobs, which take SHOP_DATABASE_HOST, _PORT, _NAME and
// _USER too and make that user's login anew as the operator):
//
//	SHOP_REPORT_PARALLEL  connections on which the report is worked out, 32
//	SHOP_REPORT_PAUSE     what it takes to put a day's figures away, 100ms
//	SHOP_MAILER_RATE      mails a second, 5, each with a connection
//	SHOP_MAILER_WORKERS   connections at most, 120
//
// visitors:
//
//	SHOP_TARGET_URL       base URL of the shop; nothing else is ever dialled
//	SHOP_VISITORS_RATE    arrivals a second, 30
//	SHOP_VISITORS_ROUTES  what they come for: products,order,stock
//
// inventory:
//
//	SHOP_DATA_DIR        folder of the stock file
//	SHOP_CONFIG          file of settings: LOG_LEVEL, LOG_FILES, LOG_FILE_MB; read again on SIGHUP
//	SHOP_LOG_DIR         folder of its own log, of which it keeps LOG_FILES of LOG_FILE_MB each; empty: none
//	SHOP_LOG_DEBUG_RATE  bytes a second that it logs at LOG_LEVEL=debug, 8 MiB
//	SHOP_LOG_QUOTA_FILE  file with a number of bytes that the log may have, where no disk says it
package shop

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// Run plays the role that the environment names until ctx ends, then stops
// listening and lets requests in flight finish. It returns nil after such a
// stop, and an error where the environment is wrong, the listener cannot be
// opened, or the inventory can no longer write its stock or its log. JSON logs go to
// stdout.
func Run(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	c, err := readConfig(getenv)
	if err != nil {
		return fmt.Errorf("read environment: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(stdout, nil)).With("service", c.service(), "task", c.name, "release", c.release)
	switch c.role {
	case roleServe:
		err = serve(ctx, c, log)
	case roleInventory:
		err = serveInventory(ctx, c, log)
	case roleReport:
		err = serveReport(ctx, c, log)
	case roleMailer:
		err = serveMailer(ctx, c, log)
	case roleVisitors:
		err = serveVisitors(ctx, c, log)
	}
	if err != nil {
		log.Error("stopped", "error", err.Error())
		return fmt.Errorf("%s: %w", c.role, err)
	}
	log.Info("stopped")
	return nil
}
