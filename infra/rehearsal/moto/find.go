package moto

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotFound means that no usable moto_server is on this machine.
var ErrNotFound = errors.New("moto_server was not found")

// Tool is an installed moto_server.
type Tool struct {
	Path    string // absolute
	Version string // "5.2.1"; empty where it could not be read off the files beside it
}

// Find looks for moto_server on PATH, then in the given cache folders (where
// Install put it), then in the usual places. It returns ErrNotFound where none
// is usable: an older major release, or one without its server's parts, is not.
func Find(ctx context.Context, cacheDirs ...string) (Tool, error) {
	for _, path := range candidates(cacheDirs) {
		if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			continue
		}
		if tool, ok := inspect(unshim(ctx, path)); ok {
			return tool, nil
		}
	}
	return Tool{}, ErrNotFound
}

func candidates(cacheDirs []string) []string {
	var found []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			found = append(found, filepath.Join(dir, "moto_server"))
		}
	}
	for _, dir := range cacheDirs {
		found = append(found, inCache(dir))
	}
	if home, err := os.UserHomeDir(); err == nil {
		found = append(found,
			filepath.Join(home, ".local/bin/moto_server"),
			filepath.Join(home, ".local/share/moto/bin/moto_server"), // where Install's advice puts it
			filepath.Join(home, ".local/share/pipx/venvs/moto/bin/moto_server"),
			filepath.Join(home, ".pyenv/shims/moto_server"))
	}
	return append(found, "/usr/local/bin/moto_server", "/usr/bin/moto_server", "/opt/homebrew/bin/moto_server")
}

// unshim replaces pyenv's shell script by what it would run, which starts
// faster; where pyenv does not answer the script is kept.
func unshim(ctx context.Context, path string) string {
	if !strings.HasSuffix(filepath.Dir(path), ".pyenv/shims") {
		return path
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	pyenv := filepath.Join(filepath.Dir(filepath.Dir(path)), "bin", "pyenv")
	out, err := exec.CommandContext(ctx, pyenv, "which", "moto_server").Output()
	if real := strings.TrimSpace(string(out)); err == nil && filepath.IsAbs(real) {
		return real
	}
	return path
}

// inspect reads the release off the packages beside the script. Where there
// are none to read it trusts the script.
func inspect(path string) (Tool, bool) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Tool{}, false
	}
	prefix := filepath.Dir(filepath.Dir(real))
	installed, _ := filepath.Glob(filepath.Join(prefix, "lib", "python3*", "*-packages", "moto-*.dist-info"))
	if len(installed) == 0 {
		return Tool{Path: path}, true
	}
	info := installed[0]
	version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(info), "moto-"), ".dist-info")
	_, err = os.Stat(filepath.Join(filepath.Dir(info), "flask")) // part of moto[server], not of moto
	return Tool{Path: path, Version: version}, err == nil && strings.HasPrefix(version, "5.")
}
