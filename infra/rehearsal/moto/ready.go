package moto

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// startTimeout bounds the wait for the first answer, warmTimeout the first
// call of each service; both are generous for a busy machine.
const (
	startTimeout = 60 * time.Second
	warmTimeout  = 90 * time.Second
)

// first is a cheap read of one service, written as on the wire: a form, a JSON
// call with its target, or the path of one that is got.
type first struct{ service, target, body, path string }

// warm lists one read per service that a round uses: moto imports a service's
// code at its first call, which costs EC2 two seconds.
var warm = []first{
	{service: "ec2", body: "Action=DescribeInstances&Version=2016-11-15"},
	{service: "iam", body: "Action=ListUsers&Version=2010-05-08"},
	{service: "sts", body: "Action=GetCallerIdentity&Version=2011-06-15"},
	{service: "rds", body: "Action=DescribeDBInstances&Version=2014-10-31"},
	{service: "elasticloadbalancing", body: "Action=DescribeLoadBalancers&Version=2015-12-01"},
	{service: "ecs", target: "AmazonEC2ContainerServiceV20141113.ListClusters"},
	{service: "ssm", target: "AmazonSSM.ListCommands"},
	{service: "secretsmanager", target: "secretsmanager.ListSecrets"},
	{service: "sqs", target: "AmazonSQS.ListQueues"},

	// A destroy asks these for what might be left, and should not wait for them.
	{service: "budgets", target: "AWSBudgetServiceGateway.DescribeBudgets", body: `{"AccountId":"123456789012"}`},
	{service: "cloudfront", path: "/2020-05-31/distribution"},
	{service: "cloudtrail", target: "CloudTrail_20131101.DescribeTrails"},
	{service: "cognito-idp", target: "AWSCognitoIdentityProviderService.ListUserPools", body: `{"MaxResults":60}`},
	{service: "ecr", target: "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"},
	{service: "events", target: "AWSEvents.ListRules"},
	{service: "logs", target: "Logs_20140328.DescribeLogGroups"},
	{service: "monitoring", target: "GraniteServiceVersion20100801.DescribeAlarms"},
	{service: "route53", path: "/2013-04-01/hostedzonesbyname?dnsname=none"},
	{service: "s3", path: "/"},
	{service: "sns", body: "Action=ListTopics&Version=2010-03-31"},
	{service: "wafv2", target: "AWSWAF_20190729.ListWebACLs", body: `{"Scope":"CLOUDFRONT"}`},
}

// prepare brings a started process to the point where a round can use it.
func (s *Server) prepare(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if err := s.await(ctx, client); err != nil {
		return err
	}
	// Without this each describe-tasks moves a task one state nearer to STOPPED.
	err := s.ask(ctx, client, http.MethodPost, "/moto-api/state-manager/set-transition", http.Header{"Content-Type": {"application/json"}},
		`{"model_name":"ecs::task","transition":{"progression":"manual","times":1000000000}}`)
	if err != nil {
		return fmt.Errorf("hold the states of tasks still: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, warmTimeout)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range warm {
		g.Go(func() error {
			if err := s.ask(ctx, client, f.method(), cmp.Or(f.path, "/"), f.header(s.region), f.content()); err != nil {
				return fmt.Errorf("warm up %s: %w", f.service, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// await returns when moto has answered once.
func (s *Server) await(ctx context.Context, client *http.Client) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL.String()+"/moto-api/config", nil)
	if err != nil {
		return err
	}
	// The socket has been open since before the process began, so one request
	// waits in its queue until moto serves; a refusal means that it died.
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return fmt.Errorf("moto_server ended before it answered: %w", err)
	case err != nil:
		return fmt.Errorf("wait for moto_server's first answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("moto_server's first answer was %s", resp.Status)
	}
	return nil
}

func (s *Server) ask(ctx context.Context, client *http.Client, method, path string, h http.Header, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, s.URL.String()+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = h
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("moto answered %s", resp.Status)
	}
	return nil
}

func (f first) header(region string) http.Header {
	h := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		// moto reads the service from here; it checks no signature.
		"Authorization": {"AWS4-HMAC-SHA256 Credential=warmup/20260101/" + region + "/" + f.service +
			"/aws4_request, SignedHeaders=host, Signature=none"},
	}
	switch {
	case f.target != "":
		h.Set("Content-Type", "application/x-amz-json-1.1")
		h.Set("X-Amz-Target", f.target)
	case f.path != "":
		h.Del("Content-Type")
	}
	return h
}

func (f first) method() string {
	if f.path != "" {
		return http.MethodGet
	}
	return http.MethodPost
}

func (f first) content() string {
	if f.target != "" {
		return cmp.Or(f.body, "{}")
	}
	return f.body
}

// tail is the end of moto's log in one line, for an error.
func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}
