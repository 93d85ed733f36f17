package runner

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/chaotic-good/scenarios/infra"
)

// The kinds of Backend.
const (
	BackendLocal = "local" // a file in the runner's folder
	BackendS3    = "s3"    // an object in a bucket, locked by a file beside it
	BackendCloud = "cloud" // a workspace of HCP Terraform
)

// Backend is where Terraform keeps the rounds' states. The zero value is local.
//
// In a workspace of HCP Terraform only the state may live: its execution mode
// has to be local. The plan names files of this machine, the gate reads the plan
// here, and a run on their side has no credentials for AWS and no stream of
// events. An organization's default execution mode is remote, so set the default
// of the project (or of the organization) to local before the first round.
type Backend struct {
	Kind string

	Bucket    string // s3
	Prefix    string // s3: of the keys, may be empty
	Region    string // s3: of the bucket
	KMSKey    string // s3: that encrypts the state; empty: S3's own
	PathStyle bool   // s3: for servers that do not know buckets as hosts

	Hostname     string // cloud: empty is HashiCorp's own
	Organization string // cloud
	Project      string // cloud: of the workspaces, may be empty
}

// local reports whether the states are files of this machine.
func (b Backend) local() bool { return b.Kind == "" || b.Kind == BackendLocal }

// plain is what may stand in a setting. Quotes, braces and dollars may not, so
// nothing can be read as more than a text.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._:/+=@-]*$`)

// Check says what is wrong with it.
func (b Backend) Check() error {
	for what, value := range map[string]string{
		"bucket": b.Bucket, "prefix": b.Prefix, "region": b.Region, "key": b.KMSKey,
		"host name": b.Hostname, "organization": b.Organization, "project": b.Project,
	} {
		if value != "" && !plain.MatchString(value) {
			return fmt.Errorf("the %s holds characters that do not belong there", what)
		}
	}
	ofS3 := b.Bucket != "" || b.Prefix != "" || b.Region != "" || b.KMSKey != ""
	ofCloud := b.Hostname != "" || b.Organization != "" || b.Project != ""
	switch {
	case ofS3 && b.Kind != BackendS3:
		return errors.New("a bucket, a prefix, a region and a key are of the kind s3")
	case ofCloud && b.Kind != BackendCloud:
		return errors.New("a host name, an organization and a project are of the kind cloud")
	}
	switch b.Kind {
	case "", BackendLocal:
		return nil
	case BackendS3:
		if b.Bucket == "" || b.Region == "" {
			return errors.New("s3 needs a bucket and its region")
		}
		return nil
	case BackendCloud:
		if b.Organization == "" {
			return errors.New("cloud needs an organization")
		}
		return nil
	}
	return fmt.Errorf("there is no %q: %s, %s or %s", b.Kind, BackendLocal, BackendS3, BackendCloud)
}

// write writes the file that tells Terraform where a round's state is.
func (b Backend) write(h home, names infra.Names, state string) error {
	return writeWhole(filepath.Join(h.root(), "backend.tf"), []byte(b.text(names, state)))
}

// text is the file that tells Terraform where a round's state is. state is the
// path of the local one.
func (b Backend) text(names infra.Names, state string) string {
	var t block
	switch b.Kind {
	case BackendS3:
		t.open(`backend "s3"`)
		t.set("bucket", b.Bucket)
		t.set("key", strings.TrimPrefix(strings.TrimSuffix(b.Prefix, "/")+"/"+names.Prefix+".tfstate", "/"))
		t.set("region", b.Region)
		t.set("encrypt", true)
		t.set("use_lockfile", true)
		if b.KMSKey != "" {
			t.set("kms_key_id", b.KMSKey)
		}
		if b.PathStyle {
			t.set("use_path_style", true)
		}
	case BackendCloud:
		t.open("cloud")
		t.set("organization", b.Organization)
		if b.Hostname != "" {
			t.set("hostname", b.Hostname)
		}
		t.open("workspaces")
		t.set("name", names.Prefix)
		if b.Project != "" {
			t.set("project", b.Project)
		}
		t.close()
	default:
		t.open(`backend "local"`)
		t.set("path", state)
	}
	t.close()
	return "terraform {\n" + t.text + "}\n"
}

// block writes nested blocks.
type block struct {
	text  string
	depth int
}

func (b *block) line(text string) { b.text += strings.Repeat("  ", b.depth+1) + text + "\n" }

func (b *block) open(head string) {
	b.line(head + " {")
	b.depth++
}

func (b *block) close() {
	b.depth--
	b.line("}")
}

// set writes an argument. A text is quoted, and what Terraform would expand in
// it is escaped.
func (b *block) set(name string, value any) {
	if text, ok := value.(string); ok {
		text = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
		value = strconv.Quote(text)
	}
	b.line(fmt.Sprintf("%s = %v", name, value))
}
