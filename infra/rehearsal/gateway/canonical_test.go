package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// TestNoCallIsSmuggled signs correctly what no SDK would send: each time one
// reader of the call could see a harmless list, another a deletion.
func TestNoCallIsSmuggled(t *testing.T) {
	w := newWorld(t)
	admin := ecs.NewFromConfig(w.root())
	name := "smuggled"
	_, err := admin.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &name})
	must(t, err)
	cfg, _ := w.user("/", "smuggler", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ecs:List*","ec2:Describe*","eks:List*","eks:Get*","EC2:Get*","ssm:List*","secretsmanager:List*"],"Resource":"*"}}`)
	group := ingressGroup(w, "smuggled")

	const target = "AmazonEC2ContainerServiceV20141113.ListClusters"
	deletion := "Action=DeleteCluster&cluster=" + name
	json11 := "application/x-amz-json-1.1"
	form := "application/x-www-form-urlencoded"
	for name, c := range map[string]call{
		"in a text of the JSON body":        {service: "ecs", target: target, contentType: json11, body: `{"x":"&` + deletion + `&"}`},
		"in SSM's body":                     {service: "ssm", target: "AmazonSSM.ListCommands", contentType: json11, body: `{"x":"&Action=DeleteParameter&Name=none&"}`},
		"in a secret's body":                {service: "secretsmanager", target: "secretsmanager.ListSecrets", contentType: json11, body: `{"x":"&Action=DeleteSecret&SecretId=none&"}`},
		"in SSM's headers":                  {service: "ssm", target: "AmazonSSM.ListCommands", contentType: json11, header: map[string]string{"Action": "DeleteParameter"}},
		"in the query string":               {service: "ecs", target: target, contentType: json11, body: "{}", query: deletion},
		"in a header":                       {service: "ecs", target: target, contentType: json11, header: map[string]string{"Action": "DeleteCluster", "Cluster": name}},
		"in a form under a target":          {service: "ecs", target: target, contentType: form, body: `{"x":"&` + deletion + `&"}`},
		"an action of EC2 under a target":   {service: "ec2", target: "X.DescribeVpcs", contentType: json11, body: `{"x":"&Action=DeleteSecurityGroup&GroupId=` + group + `&"}`},
		"twice in a form":                   {service: "ec2", contentType: form, body: "Action=DescribeVpcs&Version=2016-11-15", query: "Action=DeleteSecurityGroup&GroupId=" + group},
		"a service in capitals":             {service: "EC2", method: "GET", query: "Action=DeleteSecurityGroup&Version=2016-11-15&GroupId=" + group},
		"an action in a REST query":         {service: "eks", method: "GET", path: "/clusters", query: "Action=DeleteCluster&name=x"},
		"another service in the first word": {service: "ecs", contentType: form, body: "Action=ListUsers&Version=2010-05-08", first: "SignedHeaders=x/20260101/us-east-1/iam/y, "},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := w.send(t, cfg, c)
			// Answers that only the hidden call has; the cluster and the group are looked at below.
			if status < 300 && (strings.Contains(body, "DeletionDate\": \"") || strings.Contains(body, "ListUsersResponse")) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	left, err := admin.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{name}})
	must(t, err)
	if len(left.Clusters) != 1 || *left.Clusters[0].Status != "ACTIVE" {
		t.Errorf("the cluster is %v", left.Clusters)
	}
	if !groupIsThere(w, group) {
		t.Error("the group was deleted")
	}
}

// call is a request that is written by hand.
type call struct {
	service, method, path, query, target, contentType, body string

	header map[string]string
	first  string // words before the signature's own
}

// send signs a call and returns the answer.
func (w *world) send(t *testing.T, cfg aws.Config, c call) (int, string) {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	if c.path == "" {
		c.path = "/"
	}
	req, err := http.NewRequestWithContext(t.Context(), c.method, w.url+c.path, strings.NewReader(c.body))
	must(t, err)
	req.URL.RawQuery = c.query
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	if c.target != "" {
		req.Header.Set("X-Amz-Target", c.target)
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	key, err := cfg.Credentials.Retrieve(t.Context())
	must(t, err)
	sum := sha256.Sum256([]byte(c.body))
	must(t, v4.NewSigner().SignHTTP(t.Context(), key, req, hex.EncodeToString(sum[:]), c.service, region, time.Now()))
	if c.first != "" {
		signed := req.Header.Get("Authorization")
		req.Header.Set("Authorization", strings.Replace(signed, "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 "+c.first, 1))
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(b)
}
