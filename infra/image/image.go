// Package image makes what a stack runs, without a Docker engine: the shop's
// images and the two programs of the inventory box. It makes the bot's own image
// in the same way.
//
// It knows the Go toolchain, the layout of an image, registries and their tags,
// and how ECR lets somebody in. It does not know rounds, Terraform or what else
// a stack is made of.
package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/chaotic-good/scenarios/api/shop"
)

// Options say which image of the shop is wanted.
type Options struct {
	Programs Programs // where the shop's program comes from
	Release  string   // one of shop.Releases
}

// Build makes the image of a release of the shop: its program and nothing else
// that runs. The same program and release always give the same digest.
func Build(ctx context.Context, o Options) (v1.Image, error) {
	program, err := read(ctx, o.Programs, Shop)
	if err != nil {
		return nil, err
	}
	return shopImage(program, o.Release)
}

// shopImage leaves to the task which role it plays and where it listens. What
// it holds is said by the image alone, so that no task can contradict it.
func shopImage(program []byte, release string) (v1.Image, error) {
	if err := checkRelease(release); err != nil {
		return nil, err
	}
	files := append(base("/"), file{name: "shop", mode: 0o755, data: program})
	return assemble(files, v1.Config{
		Entrypoint:   []string{"/shop"},
		Env:          []string{"SHOP_RELEASE=" + release},
		User:         user,
		WorkingDir:   "/",
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Labels:       map[string]string{"org.opencontainers.image.title": "shop", "org.opencontainers.image.version": release},
	})
}

func checkRelease(release string) error {
	if !slices.Contains(shop.Releases(), release) {
		return fmt.Errorf("make the shop's image: there is no release %q, only %s", release, strings.Join(shop.Releases(), ", "))
	}
	return nil
}

// BuildBot makes the bot's own image. It brings the stack's programs along, so
// the bot in it needs neither sources nor Go. Terraform is not in it: the bot
// fetches that into its state folder at its first use, with the checksum verified.
func BuildBot(ctx context.Context, from Programs, version string) (v1.Image, error) {
	files := append(base(botHome),
		file{name: "tmp", dir: true, mode: 0o1777},
		file{name: strings.TrimPrefix(botHome, "/"), dir: true, mode: 0o700, own: true},
	)
	for p, to := range map[Program]string{Bot: "bot", Shop: Folder + "/" + string(Shop), NodeExporter: Folder + "/" + string(NodeExporter)} {
		program, err := read(ctx, from, p)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: to, mode: 0o755, data: program})
	}
	return assemble(files, v1.Config{
		Entrypoint:   []string{"/bot"},
		Cmd:          []string{"serve"},
		Env:          []string{"CHAOTIC_STATE=" + botHome, "HOME=" + botHome, "TMPDIR=/tmp"},
		User:         user,
		WorkingDir:   botHome,
		Volumes:      map[string]struct{}{botHome: {}},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Labels:       map[string]string{"org.opencontainers.image.title": "chaotic-good bot", "org.opencontainers.image.version": version},
	})
}

// botHome is the bot's state folder in its image.
const botHome = "/var/lib/chaotic-good"

// read gets a program's bytes.
func read(ctx context.Context, from Programs, p Program) ([]byte, error) {
	dir, err := os.MkdirTemp("", "chaotic-image-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", p, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary file too much harms nobody
	path := filepath.Join(dir, string(p))
	if err := from.Put(ctx, p, path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
