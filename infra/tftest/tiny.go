package tftest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Tiny gives what writes a stack that takes the same inputs as the whole one and
// gives the outputs that a runner reads, but needs no provider: for what happens
// with any stack. unpack writes the whole one.
func Tiny(unpack func(dir string) (root string, err error), outputs map[string]string) func(dir string) (root string, err error) {
	return func(dir string) (string, error) {
		whole, err := os.MkdirTemp("", "tftest-")
		if err != nil {
			return "", err
		}
		defer func() { _ = os.RemoveAll(whole) }()
		from, err := unpack(whole)
		if err != nil {
			return "", err
		}
		inputs, err := os.ReadFile(filepath.Join(from, "variables.tf"))
		if err != nil {
			return "", err
		}
		root := filepath.Join(dir, "terraform")
		return root, errors.Join(os.MkdirAll(root, 0o755),
			os.WriteFile(filepath.Join(root, "variables.tf"), inputs, 0o600),
			os.WriteFile(filepath.Join(root, "main.tf"), []byte(tinyStack+Outputs(outputs)), 0o600))
	}
}

// Outputs writes outputs with these texts. In a file called *_override.tf they
// stand in for a stack's own.
func Outputs(texts map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(&b, "output %q {\n  value     = %q\n  sensitive = %t\n}\n", name, texts[name], name == "operator_secret")
	}
	return b.String()
}

const tinyStack = `
resource "terraform_data" "thing" {
  count = 3
  input = "${var.release} ${var.box_public_key} ${var.database_secret}"
}

output "region" { value = var.region }
output "database" { value = "db.example" }
`
