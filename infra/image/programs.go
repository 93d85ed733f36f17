package image

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Program is one of the programs that run on a stack, or the bot itself.
type Program string

// The programs. Each is static and for Linux on x86-64, wherever the bot runs.
const (
	Shop         Program = "shop"
	NodeExporter Program = "node_exporter"
	Bot          Program = "bot"
)

// Folder is where a released bot has the stack's programs: beside its own file.
const Folder = "programs"

// Programs is where programs come from: sources and the Go toolchain, or a
// folder of those that were built before.
type Programs interface {
	// Put writes a program to the path, ready to be run.
	Put(ctx context.Context, p Program, path string) error
}

// Find returns the programs that came with the bot, in the folder beside its
// executable, or else the sources in dir or above it.
func Find(executable, dir string) (Programs, error) {
	beside := filepath.Join(filepath.Dir(executable), Folder)
	if info, err := os.Stat(beside); err == nil && info.IsDir() {
		return FromFolder(beside), nil
	}
	root, err := findSources(dir)
	if err != nil {
		return nil, fmt.Errorf("find the stack's programs: %w, and there is no folder %s", err, beside)
	}
	return FromSource(root), nil
}

// PutBox writes into dir what the inventory box fetches: the shop's program,
// which plays the inventory there, and node_exporter.
func PutBox(ctx context.Context, from Programs, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the box's programs: %w", err)
	}
	if err := from.Put(ctx, Shop, filepath.Join(dir, "inventory")); err != nil {
		return err
	}
	return from.Put(ctx, NodeExporter, filepath.Join(dir, "node_exporter"))
}

// PutStack writes the programs that a released bot brings along into dir.
func PutStack(ctx context.Context, from Programs, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the stack's programs: %w", err)
	}
	for _, p := range []Program{Shop, NodeExporter} {
		if err := from.Put(ctx, p, filepath.Join(dir, string(p))); err != nil {
			return err
		}
	}
	return nil
}

// check wants a program that runs in an image without any library and on a
// machine of the stack. Otherwise it would be noticed when a task does not start.
func check(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("read the program %s: %w", path, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 {
		return fmt.Errorf("the program %s is for %s, not for Linux on x86-64", path, f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("the program %s is not static: an image has no libraries", path)
		}
	}
	return nil
}

// errNoSources is for whoever has neither a release of the bot nor a checkout.
var errNoSources = errors.New("there is no checkout of the bot's sources here")
