package shop

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStatus: a pod shows what it is told of the nodes, and a task that is no
// pod shows nothing.
func TestStatus(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cluster.json")
	ask := func(path string) (code int, status, metrics string) {
		w := httptest.NewRecorder()
		showStatus(path)(w, httptest.NewRequest("GET", "/status", nil))
		reg := newRegistry()
		reg.MustRegister(newClusterMetrics(path))
		m := httptest.NewRecorder()
		metricsHandler(reg).ServeHTTP(m, httptest.NewRequest("GET", "/metrics", nil))
		return w.Code, w.Body.String(), m.Body.String()
	}
	for _, path := range []string{"", file} {
		if code, _, metrics := ask(path); code != 404 || strings.Contains(metrics, "pods_") || strings.Contains(metrics, "\nnodes") {
			t.Errorf("without a status: %d, and metrics of pods", code)
		}
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"nodes":[{"group":"g","type":"t3.small","nodes":3,"ready":2}],"pods":{"wanted":4,"running":2,"pending":2},
		"pending":[{"pod":"api-1","events":["0/2 nodes are available: 2 Insufficient cpu."]}]}`)
	code, status, metrics := ask(file)
	if code != 200 || !strings.Contains(status, "2 Insufficient cpu.") {
		t.Errorf("the status is %d %s", code, status)
	}
	for _, line := range []string{"pods_wanted 4", "pods_running 2", "pods_pending 2", `nodes{group="g",type="t3.small"} 2`} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	write(`{"nodes":`)
	if code, _, metrics := ask(file); code != 503 || strings.Contains(metrics, "pods_pending") {
		t.Errorf("half a status gives %d", code)
	}
}
