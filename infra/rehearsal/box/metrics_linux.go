package box

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// openMetrics tells of the machine what node_exporter tells on AWS.
func (h *hardware) openMetrics() error {
	l, err := again(&h.nodeAt)
	if err != nil {
		return fmt.Errorf("listen for the monitoring: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for _, name := range []string{"size", "avail", "free"} {
			fmt.Fprintf(w, "# TYPE node_filesystem_%s_bytes gauge\n", name)
			for _, d := range h.Disks() {
				n := d.Free
				if name == "size" {
					n = d.Size
				}
				fmt.Fprintf(w, "node_filesystem_%s_bytes{device=%q,fstype=%q,mountpoint=%q} %d\n", name, d.Device, d.Type, d.Mount, n)
			}
		}
		fmt.Fprintf(w, "# TYPE node_boot_time_seconds gauge\nnode_boot_time_seconds %d\n", h.Booted().Unix())
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }() // it ends with the power
	h.door(func() { _ = server.Close() })
	h.note(func(s *State) { s.Metrics = l.Addr().String() })
	return nil
}

// door is something to close when the power goes.
func (h *hardware) door(shut func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doors = append(h.doors, shut)
}

// again listens where it listened before the last boot, if nobody else does now.
func again(at *string) (net.Listener, error) {
	if *at != "" {
		if l, err := net.Listen("tcp", *at); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		*at = l.Addr().String()
	}
	return l, err
}
