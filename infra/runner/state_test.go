//go:build unix

package runner

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/chaotic-good/scenarios/infra"
)

// lockInfo is what Terraform writes of a lock.
const lockInfo = `{"ID":"3fa2b1c0-0000-4000-8000-000000000001","Operation":"OperationTypeApply","Info":"","Who":"ana@laptop",` +
	`"Version":"1.11.4","Created":"2026-11-25T12:00:00.000001Z","Path":"PATH"}`

// onS3 puts the states into a bucket of moto.
func onS3(t *testing.T, bucket string) func(*Config) {
	t.Helper()
	put(t, needMoto(t)+"/"+bucket, "")
	return func(c *Config) {
		c.Backend = Backend{Kind: BackendS3, Bucket: bucket, Prefix: "rounds", Region: "us-east-1", PathStyle: true}
	}
}

func put(t *testing.T, url, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("put %s: %s", url, resp.Status)
	}
}

// A run that died left its lock on a state in S3: everybody is told whose it is,
// nobody touches the stack, and an operator takes it away.
func TestAStaleLockIsExplained(t *testing.T) {
	needTerraform(t)
	w := newWorld(t, tiny, onS3(t, "stale-locks"))
	spec, lock := testSpec("R7"), needMoto(t)+"/stale-locks/rounds/chaotic-r7.tfstate.tflock"
	put(t, lock, strings.ReplaceAll(lockInfo, "PATH", "stale-locks/rounds/chaotic-r7.tfstate"))
	want := Locked{
		Round: "R7", ID: "3fa2b1c0-0000-4000-8000-000000000001", Who: "ana@laptop", Operation: "OperationTypeApply",
		Since: "2026-11-25 12:00:00.000001 +0000 UTC",
	}
	var locked *Locked
	if _, err := w.Provision(t.Context(), spec, w.progress); !errors.As(err, &locked) || *locked != want {
		t.Errorf("provision: %+v, %v", locked, err)
	}
	says := "the state of R7 is locked by ana@laptop since 2026-11-25 12:00:00.000001 +0000 UTC (OperationTypeApply, lock 3fa2b1c0-0000-4000-8000-000000000001): " +
		"if no Terraform runs there any more, `bot stack unlock --round 7` takes the lock away"
	if locked.Error() != says {
		t.Errorf("says %q", locked)
	}
	w.noPlan(t)
	locked = nil
	if got, err := w.Destroy(t.Context(), spec, w.progress); !errors.As(err, &locked) || got.Removed != 0 {
		t.Errorf("destroy: %+v, %v; want it to leave all to whoever has the lock", got, err)
	}
	if was, err := w.Unlock(t.Context(), spec); err != nil || was == nil || *was != want {
		t.Fatalf("unlock: %+v, %v", was, err)
	}
	if was, err := w.Unlock(t.Context(), spec); err != nil || was != nil {
		t.Errorf("unlock where there is no lock: %+v, %v", was, err)
	}
	w.gone(t, spec)
}

// The lock of a local state is the system's: what a dead run left behind does
// not hinder, and a living one is named.
func TestALocalLockIsOfTheLiving(t *testing.T) {
	needTerraform(t)
	w := newWorld(t, tiny, nil)
	spec, h := testSpec("R7"), w.dir.home("R7")
	info := filepath.Join(string(h), ".terraform.tfstate.lock.info")
	left := func() {
		t.Helper()
		if err := os.WriteFile(info, []byte(strings.ReplaceAll(lockInfo, "PATH", h.state())), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Provision(t.Context(), spec, w.progress); err != nil {
		t.Fatal(err)
	}
	left()
	if _, err := w.Provision(t.Context(), spec, w.progress); err != nil {
		t.Errorf("what a dead run left behind hinders: %v", err)
	}
	left()
	state, err := os.OpenFile(h.state(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.FcntlFlock(state.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		t.Fatal(err)
	}
	var locked *Locked
	if _, err := w.Destroy(t.Context(), spec, w.progress); !errors.As(err, &locked) || locked.Who != "ana@laptop" {
		t.Errorf("a living owner: %v", err)
	}
	if err := state.Close(); err != nil { // and with it the lock
		t.Fatal(err)
	}
	w.gone(t, spec)
}

// With the states in S3, another machine, or this one without its folder,
// removes what was made.
func TestAnotherMachineDestroys(t *testing.T) {
	needTerraform(t)
	place := onS3(t, "shared-states")
	first := newWorld(t, tiny, place)
	spec := testSpec("R7")
	if _, err := first.Provision(t.Context(), spec, first.progress); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.dir.home("R7").state()); err == nil {
		t.Error("the state is here too")
	}
	second := newWorld(t, tiny, place)
	if was, err := second.Unlock(t.Context(), spec); err != nil || was != nil {
		t.Errorf("unlock from there: %+v, %v", was, err)
	}
	second = newWorld(t, tiny, place)
	if got := second.gone(t, spec); got.Removed < 3+4 {
		t.Errorf("removed %+v", got)
	}
}

// What an older bot was told may lack an input that Terraform asks for now. Its
// round can be unlocked and removed all the same.
func TestAnOlderRunLacksAnInput(t *testing.T) {
	needTerraform(t)
	w, spec := newWorld(t, tiny, nil), testSpec("R7")
	if _, err := w.Provision(t.Context(), spec, w.progress); err != nil {
		t.Fatal(err)
	}
	h := w.dir.home("R7")
	v, there, err := readVariables(h)
	if err != nil || !there || !strings.Contains(v.DatabaseSecret, ":123456789012:secret:chaotic-r7/database-") {
		t.Fatalf("%+v, %v", v, err)
	}
	v.DatabaseSecret = ""
	if err := v.write(h); err != nil {
		t.Fatal(err)
	}
	if was, err := w.Unlock(t.Context(), spec); err != nil || was != nil {
		t.Errorf("unlock: %+v, %v", was, err)
	}
	if v, _, err = readVariables(h); err != nil || v.DatabaseSecret != w.unmade("R7").DatabaseSecret {
		t.Errorf("Terraform was told %q, %v", v.DatabaseSecret, err)
	}
	if got := w.gone(t, spec); got.Removed < 3+4 {
		t.Errorf("removed %+v", got)
	}
}

// A state that Terraform could not bring to its backend is brought there before
// anything else.
func TestARescuedStateIsBrought(t *testing.T) {
	needTerraform(t)
	spec, local := testSpec("R7"), newWorld(t, tiny, nil)
	if _, err := local.Provision(t.Context(), spec, local.progress); err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile(local.dir.home("R7").state())
	if err != nil {
		t.Fatal(err)
	}
	// As if that had been a run whose bucket was away at the end.
	w := newWorld(t, tiny, onS3(t, "rescued-states"))
	h := w.dir.home("R7")
	if err := errors.Join(os.MkdirAll(h.root(), 0o700), os.WriteFile(h.rescued(), state, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := w.gone(t, spec); got.Removed < 3+4 {
		t.Errorf("removed %+v", got)
	}
}

// What was made but never applied has secrets only, and what never was has
// nothing; neither needs Terraform.
func TestNothingWasApplied(t *testing.T) {
	w := newWorld(t, tiny, func(c *Config) { c.Environ = []string{"PATH="} })
	spec := testSpec("R7")
	if got := w.gone(t, spec); got.Removed != 0 {
		t.Errorf("removed %+v of nothing", got)
	}
	if _, err := w.cloud.Prepare(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if got := w.gone(t, spec); got.Removed != 3 {
		t.Errorf("removed %+v, want the secrets", got)
	}
}

func TestBackends(t *testing.T) {
	needTerraform(t)
	names := infra.NamesOf("R7")
	for _, c := range []struct {
		backend Backend
		text    string
	}{
		{Backend{}, "terraform {\n  backend \"local\" {\n    path = \"/s/R7/terraform.tfstate\"\n  }\n}\n"},
		{Backend{Kind: BackendS3, Bucket: "states", Region: "eu-west-1"}, "terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n" +
			"    key = \"chaotic-r7.tfstate\"\n    region = \"eu-west-1\"\n    encrypt = true\n    use_lockfile = true\n  }\n}\n"},
		{Backend{Kind: BackendS3, Bucket: "states", Prefix: "a/b/", Region: "eu-west-1", KMSKey: "alias/states", PathStyle: true},
			"terraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key = \"a/b/chaotic-r7.tfstate\"\n    region = \"eu-west-1\"\n" +
				"    encrypt = true\n    use_lockfile = true\n    kms_key_id = \"alias/states\"\n    use_path_style = true\n  }\n}\n"},
		{Backend{Kind: BackendCloud, Organization: "acme", Hostname: "tfe.example.org", Project: "game days"},
			"terraform {\n  cloud {\n    organization = \"acme\"\n    hostname = \"tfe.example.org\"\n    workspaces {\n" +
				"      name = \"chaotic-r7\"\n      project = \"game days\"\n    }\n  }\n}\n"},
	} {
		if err := c.backend.Check(); err != nil {
			t.Errorf("%+v: %v", c.backend, err)
		}
		got := c.backend.text(names, "/s/R7/terraform.tfstate")
		if got != c.text {
			t.Errorf("%+v writes\n%s\nwant\n%s", c.backend, got, c.text)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "backend.tf"), []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "terraform", "validate", "-no-color")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%+v: Terraform says %s", c.backend, out)
		}
	}
	for _, wrong := range []Backend{
		{Kind: "gcs"}, {Kind: BackendS3}, {Kind: BackendS3, Bucket: "b"}, {Kind: BackendCloud},
		{Kind: BackendS3, Bucket: `b" }`, Region: "eu-west-1"}, {Kind: BackendCloud, Organization: "${x}"},
	} {
		if err := wrong.Check(); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
