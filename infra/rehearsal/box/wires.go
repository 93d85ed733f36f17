package box

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// wires makes the two ends of the way between a machine and its process.
func wires() (ours net.Conn, theirs *os.File, err error) {
	a, b, err := pair()
	if err != nil {
		return nil, nil, fmt.Errorf("make a way to the box: %w", err)
	}
	defer a.Close() // FileConn has one of its own
	if ours, err = net.FileConn(a); err != nil {
		b.Close()
		return nil, nil, fmt.Errorf("make a way to the box: %w", err)
	}
	return ours, b, nil
}

func files(f *os.File) []*os.File { return []*os.File{f} }

// logName is the file's name for a process: no folder, no blank.
func logName(process string) string {
	return strings.NewReplacer("/", "-", " ", "-").Replace(process) + ".log"
}
