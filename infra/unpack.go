package infra

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What Terraform reads. The patterns are narrow, so that a state that somebody
// left in the folder is not compiled in.
//
//go:embed layout.json iam/*.json tasks/*.json
//go:embed terraform/*.tf terraform/modules/*/*.tf terraform/modules/*/*.tftpl
var sources embed.FS

// Unpack writes what Terraform reads into dir and returns the folder of the root
// module. What is there already is written over; what Terraform itself keeps
// beside it, a state or a lock, stays.
func Unpack(dir string) (root string, err error) {
	err = fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		return "", fmt.Errorf("unpack Terraform's files: %w", err)
	}
	return filepath.Join(dir, "terraform"), nil
}
