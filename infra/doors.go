package infra

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/bot/round"
)

// MonitoringSecret is what the secret Names.MonitoringSecret holds: the login of
// the monitoring's pages, and the certificate that its host made for itself.
type MonitoringSecret struct {
	Username    string `json:"username"`
	Password    string `json:"password"`
	Certificate string `json:"certificate"` // PEM
}

// Doors lets the bot into the rounds' monitoring, with the login and the
// certificate that each host wrote into its round's secret. A round without such
// a secret is asked as it is.
type Doors struct {
	secrets *secretsmanager.Client // nil: no round has a login

	mu   sync.Mutex
	open map[round.ID]*http.Client
}

// NewDoors returns Doors that read the secrets with the rights of cfg.
func NewDoors(cfg aws.Config) *Doors {
	return &Doors{secrets: secretsmanager.NewFromConfig(cfg), open: map[round.ID]*http.Client{}}
}

// OpenDoors returns Doors for monitoring that has no login.
func OpenDoors() *Doors { return &Doors{open: map[round.ID]*http.Client{}} }

// Client gives the client for a round's monitoring. It reaches that directly,
// never through a proxy from the environment, and follows no redirect, which
// could lead the login elsewhere. The secret is read once, and again after it
// was of no use: a young host has not written it yet.
func (d *Doors) Client(ctx context.Context, id round.ID) (*http.Client, error) {
	d.mu.Lock()
	client := d.open[id]
	d.mu.Unlock()
	if client != nil {
		return client, nil
	}
	login, err := d.login(ctx, id)
	if err != nil {
		return nil, err
	}
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.Proxy = nil
	if login.Password != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(login.Certificate)) {
			return nil, fmt.Errorf("read the login of %s's monitoring: it has no certificate", id)
		}
		wire.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	client = &http.Client{
		Transport:     &pass{login: login, next: wire, refused: func() { d.forget(id) }},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if first := d.open[id]; first != nil { // somebody else was faster
		return first, nil
	}
	d.open[id] = client
	return client, nil
}

// login reads a round's login; there may be none.
func (d *Doors) login(ctx context.Context, id round.ID) (login MonitoringSecret, err error) {
	if d.secrets == nil {
		return login, nil
	}
	name := NamesOf(id).MonitoringSecret
	out, err := d.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if isGone(err) {
		return login, nil
	}
	if err != nil {
		return login, fmt.Errorf("read the login of %s's monitoring: %w", id, err)
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &login); err != nil || login.Password == "" {
		return login, fmt.Errorf("read the login of %s's monitoring: it is not the JSON that its host writes", id) // whose text must not be in an error
	}
	return login, nil
}

// Login implements round.Pages: people enter by the same doors as the bot. It is
// read anew each time, for it is needed once in a while.
func (d *Doors) Login(ctx context.Context, id round.ID) (round.Login, error) {
	login, err := d.login(ctx, id)
	if err != nil || login.Password == "" {
		return round.Login{}, err
	}
	return round.Login{User: login.Username, Password: round.NewSecret(login.Password), Fingerprint: fingerprint(login.Certificate)}, nil
}

var _ round.Pages = (*Doors)(nil)

// fingerprint is how a browser names a certificate: by its SHA-256, in pairs. What
// is no certificate has none.
func fingerprint(certificate string) string {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return ""
	}
	var pairs []string
	for _, b := range sha256.Sum256(block.Bytes) {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return strings.Join(pairs, ":")
}

// forget has a round's login read anew when it is needed next.
func (d *Doors) forget(id round.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, id)
}

// Close lets go of the connections that wait for a next use.
func (d *Doors) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, client := range d.open {
		client.CloseIdleConnections()
	}
}

// pass shows a login, if there is one, with each request.
type pass struct {
	login   MonitoringSecret
	next    *http.Transport
	refused func()
}

// CloseIdleConnections lets a client close those of the transport below.
func (p *pass) CloseIdleConnections() { p.next.CloseIdleConnections() }

// RoundTrip implements http.RoundTripper. It shows the login to nobody whose
// certificate was not proven.
func (p *pass) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.login.Password != "" {
		if r.URL.Scheme != "https" {
			return nil, errors.New("the monitoring's login is for https alone")
		}
		r = r.Clone(r.Context())
		r.SetBasicAuth(p.login.Username, p.login.Password)
	}
	resp, err := p.next.RoundTrip(r)
	var unproven *tls.CertificateVerificationError
	if err == nil && resp.StatusCode == http.StatusUnauthorized || errors.As(err, &unproven) {
		p.refused()
	}
	return resp, err
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
