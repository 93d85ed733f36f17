package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// hashiCorps is where HCP Terraform is, unless it is somebody's own.
const hashiCorps = "app.terraform.io"

// where names the backend for people.
func (b Backend) where() string {
	switch b.Kind {
	case BackendS3:
		return fmt.Sprintf("The bucket `%s` in %s, which keeps the states,", b.Bucket, b.Region)
	case BackendCloud:
		return fmt.Sprintf("The organization `%s` on %s, which keeps the states,", b.Organization, b.host())
	}
	return "The bot's own folder, which keeps the states,"
}

func (b Backend) host() string {
	if b.Hostname == "" {
		return hashiCorps
	}
	return b.Hostname
}

// organization asks HCP Terraform for the organization that keeps the states, and
// makes nothing there.
func (r *Runner) organization(ctx context.Context) round.Check {
	b := r.cfg.Backend
	c := round.Check{Name: checkState, State: round.CheckFails}
	mode, status, err := r.askOrganization(ctx)
	switch {
	case err != nil:
		r.cfg.Log.WarnContext(ctx, "HCP Terraform does not answer", "host", b.host(), "error", err)
		c.State, c.Says = round.CheckWarns, b.where()+" did not answer."
	case status == http.StatusUnauthorized || status == http.StatusNotFound:
		c.Says = b.where() + " does not know the bot. Give it a token that may make workspaces there: `TF_TOKEN_" + tokenName(b.host()) + "`."
	case status != http.StatusOK:
		c.State, c.Says = round.CheckWarns, fmt.Sprintf("%s answers with status %d.", b.where(), status)
	case mode != "local" && b.Project == "":
		c.Says = b.where() + " would run Terraform on its own side. Set its default execution mode to local."
	case mode != "local":
		c.State, c.Says = round.CheckWarns, fmt.Sprintf("%s would run Terraform on its own side, unless the default execution mode of the project `%s` is local.", b.where(), b.Project)
	default:
		c.State, c.Says = round.CheckOK, b.where()+" answers."
	}
	return c
}

func (r *Runner) askOrganization(ctx context.Context) (mode string, status int, err error) {
	b := r.cfg.Backend
	at := "https://" + b.host() + "/api/v2/organizations/" + url.PathEscape(b.Organization)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", 0, fmt.Errorf("ask for the organization: %w", err)
	}
	token, err := r.token(b.host())
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := r.cfg.Web.Do(req)
	if err != nil {
		return "", 0, fmt.Errorf("ask for the organization: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	var said struct {
		Data struct {
			Attributes struct {
				Mode string `json:"default-execution-mode"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if resp.StatusCode != http.StatusOK {
		return "", resp.StatusCode, nil
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 1<<20)).Decode(&said); err != nil {
		return "", 0, fmt.Errorf("read the organization: %w", err)
	}
	return said.Data.Attributes.Mode, resp.StatusCode, nil
}

// tokenName is a host's name as the environment has it.
func tokenName(host string) string {
	return strings.NewReplacer("-", "__", ".", "_").Replace(host)
}

// token is the one that Terraform itself would show to a host: of the
// environment, or what `terraform login` left.
func (r *Runner) token(host string) (string, error) {
	if token := r.tool.env["TF_TOKEN_"+tokenName(host)]; token != "" {
		return token, nil
	}
	text, err := os.ReadFile(filepath.Join(r.tool.env["HOME"], ".terraform.d", "credentials.tfrc.json"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read Terraform's tokens: %w", err)
	}
	var file struct {
		Credentials map[string]struct {
			Token string `json:"token"`
		} `json:"credentials"`
	}
	if err == nil && json.Unmarshal(text, &file) != nil { // whose text must not be in an error
		return "", errors.New("read Terraform's tokens: the file is not the JSON that Terraform writes")
	}
	return file.Credentials[host].Token, nil
}
