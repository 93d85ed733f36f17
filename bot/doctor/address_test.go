package doctor

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// free gives an address at which nothing listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestAddress(t *testing.T) {
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	page := serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
	moved := serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/else", http.StatusFound) })
	bot := serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "POST")
		http.Error(w, "only POST", http.StatusMethodNotAllowed)
	})
	open, dead := free(t), free(t)
	for name, c := range map[string]struct {
		address Address
		want    State
		says    string
	}{
		"polling":                   {Address{Polling: true}, OK, "asks Alertmanager"},
		"it leads here":             {Address{Listen: open, Public: "http://" + open, Near: true}, OK, "leads here"},
		"a bot runs there":          {Address{Listen: bot[len("http://"):], Public: bot, Near: true}, OK, "leads here"},
		"something else runs there": {Address{Listen: page[len("http://"):], Public: page, Near: true}, Wrong, "no bot answers"},
		"it leads to another":       {Address{Listen: open, Public: page, Near: true}, Wrong, "Something else answers"},
		"it redirects":              {Address{Listen: open, Public: moved, Near: true}, Wrong, "a redirect loses alerts"},
		"it leads nowhere":          {Address{Listen: open, Public: "http://" + dead, Near: true}, Warning, "connection refused"},
		"it is none":                {Address{Listen: open, Public: "bot.example.org"}, Wrong, "is no public address"},
		"AWS does not know it":      {Address{Listen: open, Public: "https://10.1.2.3"}, Wrong, "its own network"},
		"not this machine's":        {Address{Listen: "192.0.2.1:8080", Public: "http://" + open, Near: true}, Wrong, "cannot listen"},
		"nor loopback's":            {Address{Listen: open, Public: "http://localhost:8080"}, Wrong, "its own network"},
	} {
		expect(t, name, c.address.Check().Run(t.Context()), c.want, c.says)
	}
	l, err := net.Listen("tcp", open)
	if err != nil {
		t.Fatalf("the port is not free again: %v", err)
	}
	_ = l.Close()
}
