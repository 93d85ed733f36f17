package monitoring

// Thresholds of the alerts, as rules.yml.tmpl has them; a test compares.
const (
	ErrorRatioThreshold = 0.02 // share of requests, 0..1
	LatencyThreshold    = 0.8  // seconds
	ReachThreshold      = 0.5  // share of tasks, 0..1
	DiskThreshold       = 0.8  // share of a file system, 0..1
)

// Graph is one picture of the graphs tab.
type Graph struct {
	Title     string
	Expr      string  // PromQL; a gap in its line means unknown, never healthy
	Unit      string  // "ratio" (0..1), "requests/s", "s", "tasks", "number" (of what the legend says)
	Threshold float64 // where the alert begins, in Unit; 0: no line to draw
	Below     bool    // the alert begins under Threshold, not above it
	Optional  bool    // not every stack has it: no picture where nothing answers
}

// Graphs lists the graphs in the order in which a player should look at them,
// for the profile's window.
func Graphs(p Profile) []Graph {
	list := []Graph{
		{
			Title:     "Error ratio",
			Expr:      `(sum(rate(visitors_requests_total{job="visitors",outcome!="ok"}[$window])) or vector(0)) / sum(rate(visitors_requests_total{job="visitors"}[$window]))`,
			Unit:      "ratio",
			Threshold: ErrorRatioThreshold,
		},
		{
			Title:     "Slowest 5 % of requests take at least",
			Expr:      `histogram_quantile(0.95, sum by (le, route) (rate(visitors_request_duration_seconds_bucket{job="visitors"}[$window])))`,
			Unit:      "s",
			Threshold: LatencyThreshold,
		},
		{
			Title: "Requests by route",
			Expr:  `sum by (route) (rate(visitors_requests_total{job="visitors"}[$window]))`,
			Unit:  "requests/s",
		},
		{
			Title: "Failed requests by route and outcome",
			Expr:  `sum by (route, outcome) (rate(visitors_requests_total{job="visitors",outcome!="ok"}[$window]))`,
			Unit:  "requests/s",
		},
		{
			Title: "Tasks that reach what they depend on",
			Expr: `label_replace((sum(shop_database_up{job="shop"}) or vector(0)) / count(up{job="shop"} == 1), "dependency", "database", "", "")` +
				` or label_replace((sum(shop_inventory_up{job="shop"}) or vector(0)) / count(up{job="shop"} == 1), "dependency", "inventory", "", "")`,
			Unit:      "ratio",
			Threshold: ReachThreshold,
			Below:     true,
		},
		{
			Title: "Tasks that answer",
			Expr:  `sum(up{job="shop"})`,
			Unit:  "tasks",
		},
		{
			Title: "Pods and nodes",
			Expr: `label_replace(max(pods_wanted{job="shop"}), "what", "pods wanted", "", "")` +
				` or label_replace(max(pods_running{job="shop"}), "what", "pods running", "", "")` +
				` or label_replace(max(pods_pending{job="shop"}), "what", "pods pending", "", "")` +
				` or label_replace(sum(max by (group) (nodes{job="shop"})), "what", "nodes", "", "")`,
			Unit: "number", Optional: true,
		},
		{
			Title: "Connections of the database",
			Expr: `label_replace(sum(pg_stat_database_numbackends{job="database"}), "what", "used", "", "")` +
				` or label_replace(max(pg_settings_max_connections{job="database"}), "what", "at most", "", "")`,
			Unit: "connections",
		},
		{
			Title: "Failed requests by release of the shop",
			Expr: `sum by (release) (rate(shop_http_requests_total{job="shop",code=~"5.."}[$window])` +
				` * on (instance) group_left (release) shop_build_info{job="shop"})`,
			Unit: "requests/s",
		},
		{
			Title: "Tasks by release of the shop",
			Expr:  `sum by (release) (shop_build_info{job="shop"})`,
			Unit:  "tasks",
		},
		{
			Title:     "Disks of the inventory box, used",
			Expr:      `max by (mountpoint) (1 - node_filesystem_avail_bytes{job="node"} / node_filesystem_size_bytes{job="node"})`,
			Unit:      "ratio",
			Threshold: DiskThreshold,
		},
	}
	for i := range list {
		list[i].Expr = Expand(list[i].Expr, p)
	}
	return list
}
