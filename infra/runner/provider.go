package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	registry "github.com/hashicorp/terraform-registry-address"
)

// Provider is what Terraform makes stacks with, as somebody found it who can do
// without AWS but not without it.
type Provider struct {
	Says string   // which it is and where it comes from
	Env  []string // settings with which a Runner elsewhere finds both, and asks nobody for them
}

// FetchProvider has Terraform get AWS's provider for a stack into dir, as a
// Runner would, from where the environment says: a folder that dev_overrides
// names, a mirror, or the registry. Terraform itself is fetched too where there
// is none. unpack writes the stack's configuration.
func FetchProvider(ctx context.Context, dir string, environ []string, unpack func(string) (string, error), log *slog.Logger) (p Provider, err error) {
	at, err := folderAt(dir)
	if err != nil {
		return p, err
	}
	cli, from := readCLI(environ)
	if own := cli.override(); own != "" {
		at = folder(filepath.Join(string(at), "override"))
		if cli.path, err = mirrorOf(own, at); err != nil {
			return p, fmt.Errorf("take the provider that dev_overrides names: %w", err)
		}
		from = "the folder " + own + ", which dev_overrides names"
	}
	env := environment(environ, "", "", at.plugins())
	env["TF_CLI_CONFIG_FILE"] = cli.path
	release, err := at.await(ctx, "look")
	if err != nil {
		return p, err
	}
	h := at.look()
	defer func() { err = errors.Join(err, os.RemoveAll(string(h)), release()) }()
	r := &Runner{cfg: Config{Log: log}, dir: at, tool: &tool{dir: at, env: env, log: log}}
	path, version, err := r.fetch(ctx, h, unpack)
	if err != nil {
		return p, err
	}
	// What was fetched lies as a mirror has it.
	mirror := filepath.Join(string(at), "provider.tfrc")
	if err := writeMirror(mirror, at.plugins()); err != nil {
		return p, err
	}
	p.Says = fmt.Sprintf("AWS's provider %s, from %s", version, from)
	p.Env = []string{"TF_CLI_CONFIG_FILE=" + mirror, "PATH=" + filepath.Dir(path) + string(filepath.ListSeparator) + env["PATH"]}
	return p, nil
}

// fetch initialises a stack's configuration, and tells where Terraform is and
// which release of the provider it took.
func (r *Runner) fetch(ctx context.Context, h home, unpack func(string) (string, error)) (path, version string, err error) {
	if err := errors.Join(os.RemoveAll(string(h)), os.MkdirAll(h.work(), 0o700)); err != nil {
		return "", "", err
	}
	if _, err := unpack(filepath.Dir(h.root())); err != nil {
		return "", "", err
	}
	s, err := r.begin(ctx, h, "a rehearsal", lookLetGo)
	if err != nil {
		return "", "", err
	}
	if err := r.init(ctx, s, tfexec.Backend(false)); err != nil {
		return "", "", err
	}
	_, all, err := s.tf.Version(ctx, true)
	if err != nil {
		return "", "", fmt.Errorf("ask Terraform which provider it took: %w", err)
	}
	for name, v := range all {
		if strings.HasSuffix(name, "hashicorp/aws") {
			return s.tf.ExecPath(), v.String(), nil
		}
	}
	return "", "", errors.New("terraform init took no provider for AWS")
}

// cliConfig is Terraform's own configuration, which says where providers are.
type cliConfig struct{ path, text string }

// readCLI reads the one that Terraform would, and tells where it has a provider
// from.
func readCLI(environ []string) (c cliConfig, from string) {
	var home string
	for _, entry := range environ {
		switch name, value, _ := strings.Cut(entry, "="); name {
		case "TF_CLI_CONFIG_FILE":
			c.path = value
		case "HOME":
			home = value
		}
	}
	if c.path == "" && home != "" {
		c.path = filepath.Join(home, ".terraformrc")
	}
	text, _ := os.ReadFile(c.path) // what is not there says nothing
	c.text = string(text)
	for kind, says := range map[string]string{"filesystem_mirror": "the folder", "network_mirror": "the mirror"} {
		if strings.Contains(c.text, kind) {
			return c, says + " that " + c.path + " names"
		}
	}
	return c, "the registry"
}

var overridden = regexp.MustCompile(`(?s)\bdev_overrides\s*\{[^}]*"(?:[^"]*/)?hashicorp/aws"\s*=\s*"([^"]+)"`)

// override is the folder of a provider that somebody built; empty: there is none.
func (c cliConfig) override() string {
	if m := overridden.FindStringSubmatch(c.text); m != nil {
		return m[1]
	}
	return ""
}

// asBuilt is the release that a provider from dev_overrides goes by: the first
// that the stack takes. Terraform asks none for its own.
const asBuilt = "5.32.0"

// mirrorOf lays a provider that somebody built as a mirror has it. dev_overrides
// itself is no use to a Runner: with it Terraform's init asks the registry all
// the same, and without init there is no backend.
func mirrorOf(built string, at folder) (config string, err error) {
	const binary = "terraform-provider-aws"
	platform := runtime.GOOS + "_" + runtime.GOARCH
	mirror := filepath.Join(string(at), "mirror")
	to := filepath.Join(mirror, registry.DefaultProviderRegistryHost.String(), "hashicorp", "aws", asBuilt, platform)
	if err := errors.Join(os.RemoveAll(string(at)), os.MkdirAll(to, 0o700)); err != nil {
		return "", err
	}
	if err := link(filepath.Join(built, binary), filepath.Join(to, binary+"_v"+asBuilt)); err != nil {
		return "", err
	}
	config = filepath.Join(string(at), "mirror.tfrc")
	return config, writeMirror(config, mirror)
}

// link links a file, or copies it where it lies elsewhere. A symbolic link is
// not taken for a provider.
func link(from, to string) error {
	whole, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	if os.Link(whole, to) == nil {
		return nil
	}
	in, err := os.Open(whole)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// writeMirror writes a configuration of Terraform that knows this mirror alone.
func writeMirror(path, mirror string) error {
	b := block{depth: -1}
	b.open("provider_installation")
	b.open("filesystem_mirror")
	b.set("path", mirror)
	b.close()
	b.close()
	return writeWhole(path, []byte(b.text))
}

// FetchTime is how long a first fetch may take: the provider is some hundred
// megabytes.
const FetchTime = 10 * time.Minute
