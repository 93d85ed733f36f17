package moto

import (
	"slices"
	"strings"
)

// needed is what a Python program of a version manager or of a virtual
// environment cannot do without. Nothing else of the user's environment is
// moto's business: not their AWS keys, not their proxies, not their MOTO_ or
// FLASK_ settings, which would make this world another one than was tested.
var needed = []string{"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH"}

// inherited picks from an environment what moto may have of it.
func inherited(environ []string) (kept []string) {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "PYENV_") || strings.HasPrefix(name, "LC_") || slices.Contains(needed, name) {
			kept = append(kept, entry)
		}
	}
	return kept
}
