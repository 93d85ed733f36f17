package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds what is read of moto's answer.
const maxAnswer = 64 << 20

// callTimeout bounds one call to moto, the slowest of which imports a service.
const callTimeout = 60 * time.Second

// upstream is moto, for the gateway's own questions and for calls that pass.
type upstream struct {
	base            *url.URL
	account, region string
	client          *http.Client
}

func newUpstream(base *url.URL, account, region string) *upstream {
	return &upstream{base: base, account: account, region: region, client: &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives:  true, // moto closes each connection; to reuse one is to lose a race
			DisableCompression: true,
			DialContext:        (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       callTimeout,
	}}
}

// versions are the dates that the query protocols carry.
var versions = map[string]string{
	"ec2": "2016-11-15", "iam": "2010-05-08", "rds": "2014-10-31", "sts": "2011-06-15",
	"elasticloadbalancing": "2015-12-01",
}

// targets are the names before the dot of X-Amz-Target.
var targets = map[string]string{
	"application-autoscaling": "AnyScaleFrontendService",

	"budgets": "AWSBudgetServiceGateway", "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
	"cognito-idp": "AWSCognitoIdentityProviderService",

	"ecs": "AmazonEC2ContainerServiceV20141113", "ssm": "AmazonSSM",
	"secretsmanager": "secretsmanager", "sqs": "AmazonSQS",
}

// in is moto's other region.
func (u *upstream) in(region string) *upstream {
	other := *u
	other.region = region
	return &other
}

// query asks one of the form-and-XML services. An error of AWS is an *apiError.
func (u *upstream) query(ctx context.Context, service, action string, form url.Values, out any) error {
	form.Set("Action", action)
	form.Set("Version", versions[service])
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	body, err := u.ask(ctx, service, http.MethodPost, "/", h, []byte(form.Encode()))
	if err != nil {
		return fmt.Errorf("%s:%s: %w", service, action, err)
	}
	if err := xml.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read %s:%s: %w", service, action, err)
	}
	return nil
}

// json asks one of the JSON services. An error of AWS is an *apiError.
func (u *upstream) json(ctx context.Context, service, action string, in, out any) error {
	h := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {targets[service] + "." + action}}
	body, err := u.ask(ctx, service, http.MethodPost, "/", h, jsonBody(in))
	if err != nil {
		return fmt.Errorf("%s:%s: %w", service, action, err)
	}
	if out == nil { // some answer with nothing at all
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read %s:%s: %w", service, action, err)
	}
	return nil
}

func (u *upstream) ask(ctx context.Context, service, method, path string, h http.Header, body []byte) ([]byte, error) {
	// moto reads only the service and the region from the signature.
	h.Set("Authorization", "AWS4-HMAC-SHA256 Credential=gateway/20260101/"+u.region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=none")
	resp, err := u.send(ctx, method, path, "", h, body)
	if err != nil {
		return nil, err
	}
	if isPage(resp) {
		return nil, crashed(resp)
	}
	if code, message := errorOf(resp); code != "" {
		return nil, &apiError{resp.status, code, message}
	}
	return resp.body, nil
}

// forward passes a call on.
func (u *upstream) forward(ctx context.Context, r *request) (*response, error) {
	method, uri, h, body := r.canonical()
	return u.send(ctx, method, uri, r.host, h, body)
}

func (u *upstream) send(ctx context.Context, method, uri, host string, h http.Header, body []byte) (*response, error) {
	to, err := url.Parse(u.base.Scheme + "://" + u.base.Host + uri)
	if err != nil {
		return nil, fmt.Errorf("address moto: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("address moto: %w", err)
	}
	h.Set("X-Moto-Account-Id", u.account)
	req.Header = h
	req.Host = host // SQS builds its queues' addresses from it
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read moto's answer: %w", err)
	}
	if len(got) > maxAnswer {
		return nil, fmt.Errorf("moto's answer is larger than %d bytes", maxAnswer)
	}
	for _, name := range []string{"Connection", "Server", "Date", "Transfer-Encoding"} {
		resp.Header.Del(name)
	}
	return &response{status: resp.StatusCode, header: resp.Header, body: got}, nil
}
