package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"
)

// writeWhole writes a file that only we may read, and never half of it.
func writeWhole(path string, data []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// newKey makes a key of at least 128 bits.
func newKey() string { return rand.Text() + rand.Text() }

func sorted(list []string) []string { slices.Sort(list); return list }
