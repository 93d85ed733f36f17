package moto

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// InstallError says why moto_server could not be set up. Its message is one
// sentence for the person, which ends with the line that helps.
type InstallError struct {
	Say string // the sentence
	Err error  // what went wrong, for the operator's log
}

func (e *InstallError) Error() string { return e.Say }

func (e *InstallError) Unwrap() error { return e.Err }

const requirement = "moto[server]==" + Version

// Install puts moto_server into a Python virtual environment below cacheDir
// and tells progress one line at a time (never nil). It needs python3 and the
// package index and takes about a minute. A broken attempt leaves nothing, and
// two attempts at once do not disturb each other. The error is an *InstallError
// unless ctx ended.
func Install(ctx context.Context, cacheDir string, progress func(string)) (Tool, error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return Tool{}, &InstallError{Err: err, Say: "The rehearsal needs Python 3 to run moto, its stand-in for AWS; " +
			"install it with: sudo apt-get install -y python3 python3-venv"}
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return Tool{}, fmt.Errorf("make the cache folder: %w", err)
	}
	// An environment cannot be moved after it was made, so each attempt has a
	// folder of its own and a link makes the first that is complete the one.
	dir, err := os.MkdirTemp(cacheDir, "moto-"+Version+"-")
	if err != nil {
		return Tool{}, fmt.Errorf("make a folder for moto: %w", err)
	}
	tool, err := build(ctx, python, dir, progress)
	if err == nil {
		err = os.Symlink(filepath.Base(dir), filepath.Join(cacheDir, "moto-"+Version))
		if errors.Is(err, os.ErrExist) {
			if found, ok := inspect(inCache(cacheDir)); ok && executable(found.Path) {
				tool, err = found, os.RemoveAll(dir)
			} else {
				err = replaceLink(cacheDir, dir)
			}
		}
	}
	if err != nil {
		return Tool{}, errors.Join(err, os.RemoveAll(dir))
	}
	progress("moto " + Version + " is ready")
	return tool, nil
}

func inCache(cacheDir string) string {
	return filepath.Join(cacheDir, "moto-"+Version, "bin", "moto_server")
}

func build(ctx context.Context, python, dir string, progress func(string)) (Tool, error) {
	progress("setting up moto " + Version + " in " + dir + " (once, about a minute)")
	if err := run(ctx, progress, python, "-m", "venv", dir); err != nil {
		return Tool{}, failure(ctx, err, "moto, the rehearsal's stand-in for AWS, needs Python's venv module; "+
			"install it with: sudo apt-get install -y python3-venv")
	}
	err := run(ctx, progress, filepath.Join(dir, "bin", "python"), "-m", "pip", "install",
		"--disable-pip-version-check", "--no-input", "--progress-bar", "off", requirement)
	if err != nil {
		return Tool{}, failure(ctx, err, "moto, the rehearsal's stand-in for AWS, could not be installed; "+
			"install it with: python3 -m venv ~/.local/share/moto && ~/.local/share/moto/bin/pip install '"+requirement+"'")
	}
	tool, ok := inspect(filepath.Join(dir, "bin", "moto_server"))
	if !ok || !executable(tool.Path) {
		return Tool{}, fmt.Errorf("pip installed no usable moto_server in %s", dir)
	}
	return tool, nil
}

// failure is what the person reads, unless it was they who stopped it.
func failure(ctx context.Context, err error, say string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &InstallError{Say: say, Err: err}
}

// replaceLink points the link at dir where what it pointed at is broken.
func replaceLink(cacheDir, dir string) error {
	link := filepath.Join(cacheDir, "moto-"+Version)
	fresh := dir + ".link"
	if err := os.Symlink(filepath.Base(dir), fresh); err != nil {
		return err
	}
	return os.Rename(fresh, link)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

// run passes each line of output on and keeps the last ones for the error.
func run(ctx context.Context, progress func(string), name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	last := make(chan string, 1)
	go func() {
		var lines []string
		scan := bufio.NewScanner(r)
		for scan.Scan() {
			if line := strings.TrimSpace(scan.Text()); line != "" {
				progress(line)
				lines = append(lines, line)
				lines = lines[max(0, len(lines)-5):]
			}
		}
		_, _ = io.Copy(io.Discard, r) // a line too long for the scanner must not block the tool
		last <- strings.Join(lines, " | ")
	}()
	err := cmd.Run()
	w.Close()
	if said := <-last; err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, said)
	}
	return nil
}
