package infra

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/chaotic-good/scenarios/monitoring"
)

// Rendered is what Terraform takes from Go, as files below Dir: the monitoring
// host's, in monitoring/. Beside them, in box/, whoever builds programs puts
// inventory (the shop's, for Linux on x86-64) and node_exporter. Secrets are
// not among all this: the bot keeps those in Secrets Manager before the stack is
// made, and hosts and tasks read them there.
type Rendered struct {
	Dir     string
	Names   Names
	Region  string
	Webhook string // URL; empty: the bot polls
}

// Write writes the files anew.
func (r Rendered) Write() error {
	files, err := monitoring.Host(monitoring.AWS(), monitoring.HostFacts{
		Round: string(r.Names.Round), Region: r.Region, PortApp: PortApp, PortNode: PortNode, Webhook: r.Webhook,
	})
	if err != nil {
		return err
	}
	dir := filepath.Join(r.Dir, "monitoring")
	if err := os.RemoveAll(dir); err != nil { // a file that is no longer rendered would be uploaded
		return fmt.Errorf("write the monitoring host's files: %w", err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write the monitoring host's files: %w", err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return fmt.Errorf("write the monitoring host's files: %w", err)
		}
	}
	return nil
}
