package shop

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func sizeOf(t *testing.T, dir string) (total int64, files int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	return total, len(entries)
}

// TestTheLogIsBounded: whatever is written, so much is kept and no more.
func TestTheLogIsBounded(t *testing.T) {
	dir := t.TempDir()
	f, err := openLogFile(dir, "", 3, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	line := make([]byte, 300)
	for range 40 {
		if _, err := f.Write(line); err != nil {
			t.Fatal(err)
		}
		if total, files := sizeOf(t, dir); total > 3000 || files > 3 {
			t.Fatalf("it keeps %d bytes in %d files", total, files)
		}
	}
	if total, files := sizeOf(t, dir); total < 2000 || files != 3 {
		t.Errorf("it keeps %d bytes in %d files, and may keep 3000 in 3", total, files)
	}
	if err := f.bound(2, 1000); err != nil {
		t.Fatal(err)
	}
	if _, files := sizeOf(t, dir); files != 2 {
		t.Errorf("a smaller bound leaves %d files", files)
	}
}

// TestTheLogObeysItsQuota: as it obeys a disk, with the same error; and it goes
// on when there is room again.
func TestTheLogObeysItsQuota(t *testing.T) {
	dir, quota := t.TempDir(), filepath.Join(t.TempDir(), "quota")
	may := func(bytes string) {
		t.Helper()
		if err := os.WriteFile(quota, []byte(bytes), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	may("1000")
	f, err := openLogFile(dir, quota, 12, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	line := make([]byte, 300)
	for range 3 {
		if _, err := f.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Write(line); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("past its quota: %v", err)
	}
	may("2000")
	if _, err := f.Write(line); err != nil {
		t.Errorf("with more room: %v", err)
	}
	if total, _ := sizeOf(t, dir); total != 1300 {
		t.Errorf("there are %d bytes, want the 1000 of the quota and one line", total)
	}
	if err := os.Truncate(f.path(0), 0); err != nil {
		t.Fatal(err)
	}
	may("1000")
	if _, err := f.Write(line); err != nil {
		t.Errorf("after somebody truncated it: %v", err)
	}
	if total, _ := sizeOf(t, dir); total != 300 {
		t.Errorf("after that there are %d bytes, want one line", total)
	}
}

func TestSettings(t *testing.T) {
	for text, want := range map[string]settings{
		"":                                       {false, 12, 8 << 20},
		"# quiet\nLOG_LEVEL=info\n":              {false, 12, 8 << 20},
		"LOG_LEVEL=debug\nLOG_FILES=4\n\n":       {true, 4, 8 << 20},
		"LOG_FILE_MB=128\r\nLOG_LEVEL=debug\r\n": {true, 12, 128 << 20},
		"LOG_LEVEL=debug\nLOG_LEVEL=info\n":      {false, 12, 8 << 20},
		"LOG_LEVEL=loud\n":                       {files: -1},
		"LOG_FILES=0\n":                          {files: -1},
		"LOG_LEVEL\n":                            {files: -1},
		"LOG_COLOUR=red\nLOG_LEVEL=info\n":       {files: -1},
	} {
		path := filepath.Join(t.TempDir(), "inventory.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readSettings(path)
		if want.files < 0 {
			if err == nil {
				t.Errorf("%q is read as %+v", text, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	if got, err := readSettings(filepath.Join(t.TempDir(), "none")); err != nil || got.debug {
		t.Errorf("without a file: %+v, %v", got, err)
	}
}

// TestTheTraceKeepsItsRate: the time until a disk is full is known beforehand.
func TestTheTraceKeepsItsRate(t *testing.T) {
	dir := t.TempDir()
	b, err := openLogbook(config{logDir: dir, debugRate: 1 << 20}, slog.New(slog.NewJSONHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for range 10 {
		if err := b.trace(time.Now(), 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if total, _ := sizeOf(t, dir); total < 1<<20 || total > 1<<20+10*256 {
		t.Errorf("a second has %d bytes", total)
	}
}

// TestAFullDiskAtTheStart: an inventory that cannot write down its stock serves
// nobody, and says why.
func TestAFullDiskAtTheStart(t *testing.T) {
	quota := filepath.Join(t.TempDir(), "quota")
	if err := os.WriteFile(quota, []byte("5000"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Run(t.Context(), func(key string) string {
		return map[string]string{"SHOP_ROLE": "inventory", "SHOP_DATA_DIR": filepath.Dir(quota), "SHOP_LISTEN": "127.0.0.1:0",
			"SHOP_LOG_DIR": filepath.Join(filepath.Dir(quota), "log"), "SHOP_LOG_QUOTA_FILE": quota}[key]
	}, t.Output())
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("it ended with %v", err)
	}
}
