package prom

import (
	"net"
	"net/http"
	"net/netip"
)

// atHome lets in only who asks for a loopback address or localhost. Neither API
// asks who is there: a web page whose own name leads to loopback could silence
// an alert, or make one up.
func atHome(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := net.SplitHostPort(r.Host) // no browser leaves the port out: ours is never 80
		if ip, err := netip.ParseAddr(name); name != "localhost" && (err != nil || !ip.IsLoopback()) {
			http.Error(w, "only for this machine", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
