package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
)

// clusterStatus is what a pod is told of the nodes and pods around it, in the
// file that SHOP_STATUS_FILE names. Only what becomes a metric is read; the
// whole is shown as it is.
type clusterStatus struct {
	Nodes []struct {
		Group string `json:"group"`
		Type  string `json:"type"`
		Ready int    `json:"ready"`
	} `json:"nodes"`
	Pods struct {
		Wanted  int `json:"wanted"`
		Running int `json:"running"`
		Pending int `json:"pending"`
	} `json:"pods"`
}

const maxStatus = 64 << 10

// readStatus returns the file's text. A file that is not there is fs.ErrNotExist.
func readStatus(path string) ([]byte, error) {
	if path == "" {
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the status: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxStatus))
	if err != nil {
		return nil, fmt.Errorf("read the status: %w", err)
	}
	return text, nil
}

// showStatus answers GET /status. Who is no pod knows nothing of nodes.
func showStatus(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := readStatus(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			writeJSON(w, answer{http.StatusNotFound, map[string]string{"error": "this shop does not run on nodes"}})
		case err != nil || !json.Valid(text):
			writeJSON(w, answer{http.StatusServiceUnavailable, map[string]string{"error": "the status cannot be read"}})
		default:
			writeJSON(w, answer{http.StatusOK, json.RawMessage(text)})
		}
	}
}

// clusterMetrics reads the status at each scrape. Every pod tells the same.
type clusterMetrics struct {
	path  string
	pods  map[string]*prometheus.Desc
	nodes *prometheus.Desc
}

func newClusterMetrics(path string) clusterMetrics {
	return clusterMetrics{
		path: path,
		pods: map[string]*prometheus.Desc{
			"wanted":  prometheus.NewDesc("pods_wanted", "Pods of the shop that are wanted.", nil, nil),
			"running": prometheus.NewDesc("pods_running", "Pods of the shop that have a node.", nil, nil),
			"pending": prometheus.NewDesc("pods_pending", "Pods of the shop that no node has room for.", nil, nil),
		},
		nodes: prometheus.NewDesc("nodes", "Nodes that may carry pods.", []string{"group", "type"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c clusterMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.pods {
		ch <- d
	}
	ch <- c.nodes
}

// Collect implements prometheus.Collector. What cannot be read is absent, never
// zero.
func (c clusterMetrics) Collect(ch chan<- prometheus.Metric) {
	text, err := readStatus(c.path)
	var st clusterStatus
	if err != nil || json.Unmarshal(text, &st) != nil {
		return
	}
	for state, n := range map[string]int{"wanted": st.Pods.Wanted, "running": st.Pods.Running, "pending": st.Pods.Pending} {
		ch <- prometheus.MustNewConstMetric(c.pods[state], prometheus.GaugeValue, float64(n))
	}
	for _, g := range st.Nodes {
		ch <- prometheus.MustNewConstMetric(c.nodes, prometheus.GaugeValue, float64(g.Ready), g.Group, g.Type)
	}
}
