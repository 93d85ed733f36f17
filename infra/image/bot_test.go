package image

import (
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// stubs are programs that nothing runs.
func stubs(t *testing.T) Programs {
	t.Helper()
	dir := t.TempDir()
	for _, p := range []Program{Bot, Shop, NodeExporter} {
		if err := os.WriteFile(filepath.Join(dir, string(p)), append(header(elf.EM_X86_64, elf.PT_LOAD), p...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return FromFolder(dir)
}

// TestTheBotsImageIsWhole saves it as docker loads it, and reads it back.
func TestTheBotsImageIsWhole(t *testing.T) {
	programs := stubs(t)
	first, err := BuildBot(t.Context(), programs, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	again, err := BuildBot(t.Context(), programs, "1.0.0")
	if err != nil || digest(t, again) != digest(t, first) {
		t.Errorf("made twice, it is another one: %v", err)
	}
	path := filepath.Join(t.TempDir(), "bot.tar")
	if err := Save(path, "chaotic-good/bot:1.0.0", first); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("chaotic-good/bot:1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	img, err := tarball.ImageFromPath(path, &tag)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c := config.Config; c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/bot"}) || !slices.Equal(c.Cmd, []string{"serve"}) {
		t.Errorf("user %q starts %q %q", c.User, c.Entrypoint, c.Cmd)
	}
	files := unpacked(t, img)
	for _, program := range []string{"bot", "programs/shop", "programs/node_exporter"} {
		e, ok := files[program]
		if !ok || e.header.Mode != 0o755 || !strings.HasSuffix(string(e.data), filepath.Base(program)) {
			t.Errorf("%s: %+v", program, e.header)
		}
	}
	if tmp := files["tmp"]; tmp.header == nil || tmp.header.Mode != 0o1777 {
		t.Errorf("Terraform has no folder for its sockets: %+v", tmp.header)
	}
	if state := files["var/lib/chaotic-good"]; state.header == nil || state.header.Uid != uid || state.header.Mode != 0o700 {
		t.Errorf("the state folder is not the bot's own: %+v", state.header)
	}
}

// Compose and systemd keep the folder that the image names.
func TestTheStateFolderIsTheSameEverywhere(t *testing.T) {
	for file, line := range map[string]string{
		"compose.yaml": "- state:" + botHome + "\n", "chaotic-good.service": "CHAOTIC_STATE=" + botHome + " ", "bot.example.yaml": "state: " + botHome + " ",
	} {
		text, err := os.ReadFile("../../deploy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), line) {
			t.Errorf("%s does not say %q", file, line)
		}
	}
}
