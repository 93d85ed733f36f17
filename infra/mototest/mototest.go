// Package mototest starts a real moto_server for the tests of this repository.
//
// It knows how moto says its address and how it is ended however a test dies.
// It does not know what a test does with it.
package mototest

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
)

var running = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// Start runs moto under a shell that ends it when its own input closes, which
// happens however this process dies. It returns its address and how to end it.
func Start() (url string, stop func(), err error) {
	tool, err := exec.LookPath("moto_server")
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command("sh", "-c", `"$0" -H 127.0.0.1 -p 0 & pid=$!; cat >/dev/null; kill $pid; wait`, tool)
	cmd.Env = append(os.Environ(), "MOTO_EC2_LOAD_DEFAULT_AMIS=false")
	input, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	output, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = input.Close()
		_ = cmd.Wait()
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if m := running.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return m[1], stop, nil
		}
	}
	stop()
	return "", nil, errors.New("moto_server said no address")
}
