package monitoring

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// behind are the pages, by the port at which nginx.conf looks for each.
var behind = map[string]string{"prometheus": "9090", "alertmanager": "9093", "grafana": "3000", "kibana": "5601"}

// pagesServer runs nginx with the host's file, on loopback and with pages that
// only say their name, and gives its URL.
func pagesServer(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("nginx is required: %v", err)
	}
	if err != nil {
		t.Skipf("needs nginx: %v", err)
	}
	dir := t.TempDir()
	text, err := os.ReadFile("host/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf, pairs := string(text), []string{}
	for name, port := range behind {
		page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s is shown the login", name)
			}
			_, _ = io.WriteString(w, name)
		}))
		t.Cleanup(page.Close)
		pairs = append(pairs, "http://127.0.0.1:"+port, page.URL)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	_ = free.Close()
	pairs = append(pairs, "listen 443 ssl", "listen "+at+" ssl", "/etc/monitoring/", dir+"/", "/etc/nginx/mime.types", dir+"/mime.types",
		"/srv/runbooks/", dir+"/runbooks/", "user nginx;", "user "+os.Getenv("USER")+";")
	if os.Getenv("USER") == "" {
		pairs[len(pairs)-1] = "user root;"
	}
	conf = strings.NewReplacer(pairs...).Replace(conf)
	for _, folder := range []string{"body_temp", "proxy_temp", "fastcgi_temp", "uwsgi_temp", "scgi_temp"} {
		conf = strings.Replace(conf, "http {", fmt.Sprintf("http {\n  %s_path %s;", strings.Replace(folder, "body", "client_body", 1), filepath.Join(dir, folder)), 1)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-ec", `mkdir runbooks && echo book >runbooks/index && echo 'types { }' >mime.types
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=x -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem
printf 'chaotic:%s\n' "$(openssl passwd -apr1 password)" >login`)
	shell.Dir = dir
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	// Standard error is where nginx writes until it has read where else.
	cmd := exec.Command(program, "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-g", "daemon off; master_process off; pid "+dir+"/pid; error_log stderr;")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for {
		conn, err := net.DialTimeout("tcp", at, time.Second)
		if err == nil {
			_ = conn.Close()
			return "https://" + at
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", said.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestThePagesAreOnlyRead(t *testing.T) {
	base := pagesServer(t)
	web := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for _, c := range []struct {
		method, path string
		status       int
		says         string
	}{
		// What the bot asks.
		{"POST", "/prometheus/api/v1/query", 200, "prometheus"},
		{"GET", "/prometheus/api/v1/query?query=up", 200, "prometheus"},
		{"GET", "/alertmanager/api/v2/alerts?active=true", 200, "alertmanager"},
		{"GET", "/alertmanager/api/v2/status", 200, "alertmanager"},
		// What people look at.
		{"HEAD", "/alertmanager/", 200, ""},
		{"GET", "/prometheus/alerts", 200, "prometheus"},
		{"POST", "/prometheus/api/v1/query_range", 200, "prometheus"},
		{"POST", "/grafana/api/ds/query", 200, "grafana"},
		{"GET", "/kibana/app/discover", 200, "kibana"},
		{"POST", "/kibana/internal/search/ese", 200, "kibana"},
		{"POST", "/kibana/internal/bsearch?compress=true", 200, "kibana"},
		{"DELETE", "/kibana/internal/search/ese/abc", 200, "kibana"},
		{"POST", "/kibana/api/content_management/rpc/get", 200, "kibana"},
		{"POST", "/kibana/api/saved_objects/_bulk_get", 200, "kibana"},
		{"GET", "/runbooks/", 200, "book"},
		// What would change something.
		{"POST", "/alertmanager/api/v2/silences", 403, ""},
		{"DELETE", "/alertmanager/api/v2/silence/x", 403, ""},
		{"POST", "/alertmanager/api/v2/alerts", 403, ""},
		{"POST", "/alertmanager/-/reload", 404, ""},
		{"POST", "/prometheus/-/reload", 404, ""},
		{"POST", "/prometheus//-/quit", 404, ""},
		{"PUT", "/prometheus/x/..%2f-/reload", 404, ""},
		{"POST", "/prometheus/%2d/reload", 404, ""},
		{"POST", "/prometheus/api/v1/admin/tsdb/delete_series", 403, ""},
		{"POST", "/prometheus/api/v1/write", 403, ""},
		{"DELETE", "/prometheus/api/v1/series", 403, ""},
		{"POST", "/kibana/api/console/proxy?path=_all&method=DELETE", 403, ""},
		{"POST", "/kibana/s/default/api/console/proxy?path=_all&method=DELETE", 403, ""},
		{"POST", "/kibana/api%2fconsole/proxy", 403, ""},
		{"POST", "/kibana/internal/search/..%2f../api/console/proxy", 403, ""},
		{"POST", "/kibana/api/saved_objects/dashboard/..%2f..%2f..%2finternal%2fsearch", 403, ""},
		{"POST", "/kibana/api/saved_objects/dashboard/%2E%2E/../../internal/search/x%2F..", 403, ""},
		{"POST", "/kibana/internal/search/x%252f", 403, ""},
		{"POST", "/kibana/api/saved_objects/dashboard//../../../internal/search", 403, ""},
		{"POST", "/kibana/internal/search/x?path=a%2F..//b", 200, "kibana"},
		{"GET", "/kibana/app/a%2Fb", 200, "kibana"},
		{"POST", "/kibana/api/index_management/indices/delete", 403, ""},
		{"POST", "/kibana/api/content_management/rpc/delete", 403, ""},
		{"DELETE", "/kibana/api/data_views/data_view/logs", 403, ""},
		{"PUT", "/kibana/api/saved_objects/index-pattern/logs", 403, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, base+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("chaotic", "password")
		resp, err := web.Do(req)
		if err != nil {
			t.Fatalf("%s %s: %v", c.method, c.path, err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.status || !strings.Contains(string(body), c.says) {
			t.Errorf("%s %s: %d %q, want %d", c.method, c.path, resp.StatusCode, body, c.status)
		}
	}
	for _, path := range []string{"/prometheus/", "/alertmanager/", "/grafana/", "/kibana/", "/runbooks/"} {
		resp, err := web.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 401 {
			t.Errorf("%s without a login: %d", path, resp.StatusCode)
		}
	}
}
