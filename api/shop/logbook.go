package shop

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// settings is the inventory's own file of settings, which it reads at its start
// and when it is told to.
type settings struct {
	debug bool
	files int   // of the log, the present one included
	size  int64 // of each
}

// readSettings reads KEY=value lines. A file that is missing means what is
// usual; one with a mistake is refused.
func readSettings(path string) (settings, error) {
	s := settings{files: 12, size: 8 << 20}
	if path == "" {
		return s, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		if line == "" || line[0] == '#' {
			continue
		}
		n, err := strconv.Atoi(value)
		switch {
		case ok && key == "LOG_LEVEL" && (value == "info" || value == "debug"):
			s.debug = value == "debug"
		case ok && key == "LOG_FILES" && err == nil && n >= 1 && n <= 1000:
			s.files = n
		case ok && key == "LOG_FILE_MB" && err == nil && n >= 1 && n <= 4096:
			s.size = int64(n) << 20
		default:
			return s, fmt.Errorf("read the settings: %q: want LOG_LEVEL=info or debug, LOG_FILES=1 to 1000, LOG_FILE_MB=1 to 4096", line)
		}
	}
	return s, nil
}

// logbook is what the inventory writes down of its work. Where there is no
// folder for it, it writes nothing.
type logbook struct {
	path string
	rate int64 // bytes a second when it says everything
	log  *slog.Logger
	file *logFile

	debug   atomic.Bool
	answers atomic.Int64
	line    int64
}

func openLogbook(c config, log *slog.Logger) (*logbook, error) {
	b := &logbook{path: c.settings, rate: int64(c.debugRate), log: log}
	s, err := readSettings(c.settings)
	if err != nil {
		return nil, err
	}
	b.debug.Store(s.debug)
	if c.logDir == "" {
		return b, nil
	}
	if b.file, err = openLogFile(c.logDir, c.logQuota, s.files, s.size); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *logbook) close() {
	if b.file != nil {
		_ = b.file.close() // each line was written when it was said
	}
}

// begin writes the whole stock down, as the warehouse's auditors want it at
// each start.
func (b *logbook) begin(counts []int64) error {
	if b.file == nil {
		return nil
	}
	var text bytes.Buffer
	now := time.Now().UTC().Format(time.RFC3339)
	for i, n := range counts {
		fmt.Fprintf(&text, "%s INFO stock at start: product %d: %d pieces on shelf %s\n", now, i+1, n, shelf(int64(i)))
	}
	_, err := b.file.Write(text.Bytes())
	return err
}

func shelf(n int64) string { return fmt.Sprintf("%c-%02d-%d", 'A'+rune(n%26), n/26%100, n%7) }

const (
	summaryEvery = 10 * time.Second
	traceEvery   = 100 * time.Millisecond
)

// writing writes until ctx ends or the disk refuses: a line now and then, or
// with every step of the warehouse in between. SIGHUP has it read its settings.
func (b *logbook) writing(ctx context.Context) error {
	if b.file == nil {
		<-ctx.Done()
		return nil
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	summary, trace := time.NewTicker(summaryEvery), time.NewTicker(traceEvery)
	defer summary.Stop()
	defer trace.Stop()
	last := time.Now()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			err = b.reload()
		case now := <-summary.C:
			_, err = fmt.Fprintf(b.file, "%s INFO answered %d questions\n", now.UTC().Format(time.RFC3339), b.answers.Swap(0))
		case now := <-trace.C:
			if b.debug.Load() {
				err = b.trace(now, min(now.Sub(last), time.Second))
			}
			last = now
		}
		if err != nil {
			return err
		}
	}
}

// reload keeps the settings that it has where the file is wrong.
func (b *logbook) reload() error {
	s, err := readSettings(b.path)
	if err != nil {
		b.log.Error("settings are not changed", "error", err.Error())
		return nil
	}
	b.debug.Store(s.debug)
	level := "info"
	if s.debug {
		level = "debug"
	}
	b.log.Info("settings read", "log_level", level, "log_files", s.files, "log_file_mb", s.size>>20)
	return b.file.bound(s.files, s.size)
}

// trace writes so much as such a time has at the rate: what the warehouse's
// scanners saw.
func (b *logbook) trace(now time.Time, took time.Duration) error {
	want := int(float64(b.rate) * took.Seconds())
	var text bytes.Buffer
	text.Grow(want + 256)
	at := now.UTC().Format(time.RFC3339Nano)
	for text.Len() < want {
		b.line++
		fmt.Fprintf(&text, "%s DEBUG scanner %d read shelf %s: tag %016x, weight %d g, battery %d %%, no change, request to the cache took %d us, retry 0, lease kept\n",
			at, b.line%17, shelf(b.line), uint64(b.line)*0x9E3779B97F4A7C15, 200+b.line*37%900, 40+b.line%60, 80+b.line*13%700)
	}
	_, err := b.file.Write(text.Bytes())
	return err
}
