package shop

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// dialer opens every outgoing connection of a process. It takes a host:port
// that SHOP_RESOLVE names to the address beside it, and all others to DNS, or
// nowhere where SHOP_RESOLVE says that it is all there is.
type dialer struct {
	instead map[string]string
	net     net.Dialer
}

func newDialer(instead map[string]string) *dialer {
	return &dialer{instead: instead, net: net.Dialer{Timeout: 5 * time.Second}}
}

// DialContext fits http.Transport and pgconn.DialFunc.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to := d.destination(address)
	if _, closed := d.instead[nothingElse]; closed && to == address {
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("no way leads to %s", address)}
	}
	return d.net.DialContext(ctx, network, to)
}

// nothingElse stands in SHOP_RESOLVE where what it does not name is not dialled.
const nothingElse = "*"

func (d *dialer) destination(address string) string {
	if to, ok := d.instead[strings.ToLower(address)]; ok {
		return to
	}
	return address
}

// loopback reports whether address leads to this machine.
func (d *dialer) loopback(address string) bool {
	host, _, err := net.SplitHostPort(d.destination(address))
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// parseResolve reads "host:port=ip:port,...". The right side must be an
// address and not a name, or it would need the DNS that it stands in for.
func parseResolve(s string) (map[string]string, error) {
	instead := map[string]string{}
	if s == "" {
		return instead, nil
	}
	for pair := range strings.SplitSeq(s, ",") {
		if pair == nothingElse {
			instead[nothingElse] = ""
			continue
		}
		from, to, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if _, _, err := net.SplitHostPort(from); err != nil {
			return nil, fmt.Errorf("SHOP_RESOLVE %q: want host:port=ip:port", pair)
		}
		if _, err := netip.ParseAddrPort(to); err != nil {
			return nil, fmt.Errorf("SHOP_RESOLVE %q: want host:port=ip:port", pair)
		}
		instead[strings.ToLower(from)] = to
	}
	return instead, nil
}
