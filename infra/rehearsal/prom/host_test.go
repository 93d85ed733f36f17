package prom

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyThisMachineIsLetIn(t *testing.T) {
	inside := atHome(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"127.0.0.1:9093": http.StatusNoContent, "localhost:9093": http.StatusNoContent, "[::1]:9093": http.StatusNoContent,
		"site.example:9093": http.StatusMisdirectedRequest, "127.0.0.1.site.example:9093": http.StatusMisdirectedRequest,
		"192.0.2.1:9093": http.StatusMisdirectedRequest, "": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/v2/silences", nil)
		r.Host = host
		w := httptest.NewRecorder()
		inside.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}

func TestBothServersLookAtTheHost(t *testing.T) {
	t.Parallel()
	s := start(t, testConfig(t, newBot(t).URL, io.Discard))
	for _, url := range []string{s.PrometheusURL(), s.AlertmanagerURL()} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/-/ready", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "site.example:80"
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s lets a web site in: %s", url, resp.Status)
		}
	}
}
