package image

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheBoxGetsItsPrograms runs both as the box's user data does.
func TestTheBoxGetsItsPrograms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rendered", "box")
	if err := PutBox(t.Context(), built(t), dir); err != nil {
		t.Fatal(err)
	}
	needLinux(t)
	t.Run("inventory", func(t *testing.T) {
		env := []string{"SHOP_ROLE=inventory", "SHOP_NAME=box", "SHOP_LISTEN=127.0.0.1:0", "SHOP_DATA_DIR=" + t.TempDir()}
		url, _ := running(t, regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`), env, filepath.Join(dir, "inventory"))
		if status, body := get(t, url+"/healthz"); status != 200 {
			t.Errorf("%d, %s", status, body)
		}
		if status, body := get(t, url+"/stock/1"); status != 200 || !strings.Contains(body, "count") {
			t.Errorf("%d, %s", status, body)
		}
	})
	t.Run("node_exporter", func(t *testing.T) {
		url, _ := running(t, regexp.MustCompile(`Listening on.* address=(127\.0\.0\.1:\d+)`), nil, filepath.Join(dir, "node_exporter"), exporterFlags(t)...)
		_, body := get(t, url+"/metrics")
		for _, metric := range []string{"node_filesystem_avail_bytes{", "node_cpu_seconds_total{", "node_uname_info{"} {
			if !strings.Contains(body, "\n"+metric) {
				t.Errorf("there is no %s", metric)
			}
		}
		if strings.Contains(body, `fstype="tmpfs"`) {
			t.Error("it lists what its flags leave out")
		}
	})
}

// exporterFlags are those of the box's unit, at a port of the kernel's choice.
func exporterFlags(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../terraform/modules/box/box.sh.tftpl")
	if err != nil {
		t.Fatal(err)
	}
	_, line, ok := strings.Cut(string(text), "ExecStart=/opt/inventory/node_exporter ")
	line, _, ended := strings.Cut(line, "\n")
	if !ok || !ended {
		t.Fatal("the box starts no node_exporter")
	}
	return strings.Fields(strings.NewReplacer(":${port_node}", "127.0.0.1:0", "$$", "$").Replace(line))
}

// TestAProgramThatWouldNotStartIsRefused writes what is no program for an image.
func TestAProgramThatWouldNotStartIsRefused(t *testing.T) {
	cases := []struct {
		what    string
		program []byte
		says    string
	}{
		{"a script", []byte("#!/bin/sh\nexec sleep 600\n"), "bad magic"},
		{"another machine's", header(elf.EM_AARCH64, 0), "for EM_AARCH64, not for Linux on x86-64"},
		{"one with libraries", header(elf.EM_X86_64, elf.PT_INTERP), "not static"},
		{"a good one", header(elf.EM_X86_64, elf.PT_LOAD), ""},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "shop"), c.program, 0o600); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "shop")
			err := FromFolder(dir).Put(t.Context(), Shop, to)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Fatalf("%v; want %q", err, c.says)
			}
			info, statErr := os.Stat(to)
			if wrote := statErr == nil; wrote != (err == nil) || wrote && info.Mode().Perm() != 0o755 {
				t.Errorf("written: %v, %v", wrote, info)
			}
		})
	}
}

// header is the beginning of an executable with one segment.
func header(machine elf.Machine, segment elf.ProgType) []byte {
	var out bytes.Buffer
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	copy(h.Ident[:], elf.ELFMAG+string([]byte{byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}))
	_ = binary.Write(&out, binary.LittleEndian, h) // a buffer takes everything
	_ = binary.Write(&out, binary.LittleEndian, elf.Prog64{Type: uint32(segment)})
	return out.Bytes()
}

func TestProgramsAreFound(t *testing.T) {
	empty, released := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(released, Folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(filepath.Join(released, "bot"), "."); err != nil || got != FromFolder(filepath.Join(released, Folder)) {
		t.Errorf("beside a released bot: %v, %v", got, err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Find(filepath.Join(empty, "bot"), "."); err != nil || got != FromSource(root) {
		t.Errorf("in a checkout: %v, %v", got, err)
	}
	if _, err := Find(filepath.Join(empty, "bot"), empty); !errors.Is(err, errNoSources) || !strings.Contains(err.Error(), filepath.Join(empty, Folder)) {
		t.Errorf("nowhere: %v", err)
	}
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module " + module + "\n\ngo 1.26\n", "api/main.go": "package main\n\nfunc main() { oops }\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	to := filepath.Join(t.TempDir(), "shop")
	if err := FromSource(dir).Put(t.Context(), Shop, to); err == nil || !strings.Contains(err.Error(), "undefined: oops") {
		t.Errorf("%v; want the compiler's words", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := FromSource(dir).Put(ended, Shop, to); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that it was called off", err)
	}
	t.Setenv("PATH", dir)
	if err := FromSource(dir).Put(t.Context(), Shop, to); err == nil || !strings.Contains(err.Error(), "install Go, or use a release") {
		t.Errorf("%v; want what to do without Go", err)
	}
}
