package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestNest(t *testing.T) {
	for _, tt := range []struct {
		service, form string
		want          map[string]any
	}{
		{"ec2", "Action=X&Version=1&InstanceId.2=b&InstanceId.1=a&InstanceId.10=c", map[string]any{"InstanceId": []any{"a", "b", "c"}}},
		{"ec2", "Filter.1.Name=n&Filter.1.Value.1=v", map[string]any{"Filter": []any{map[string]any{"Name": "n", "Value": []any{"v"}}}}},
		{"ec2", "Groups.1=x&Attribute.Value=y", map[string]any{"Groups": []any{"x"}, "Attribute": map[string]any{"Value": "y"}}},
		{"iam", "Tags.member.1.Key=k&Tags.member.1.Value=v", map[string]any{"Tags": []any{map[string]any{"Key": "k", "Value": "v"}}}},
		{"rds", "VpcSecurityGroupIds.VpcSecurityGroupId.1=sg", map[string]any{"VpcSecurityGroupIds": []any{"sg"}}},
		{"rds", "Tags.Tag.1.Key=k", map[string]any{"Tags": []any{map[string]any{"Key": "k"}}}},
		{"ec2", "A=leaf&A.B=branch", map[string]any{"A": "leaf"}},
	} {
		form, err := url.ParseQuery(tt.form)
		must(t, err)
		if got := nest(form, tt.service); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s became %v, want %v", tt.form, got, tt.want)
		}
	}
}

// TestWhatACallIsAbout: the name and the resources of calls in each protocol.
func TestWhatACallIsAbout(t *testing.T) {
	w := newWorld(t)
	arn := func(service, rest string) string { return "arn:aws:" + service + ":us-east-1:" + account + ":" + rest }
	for _, tt := range []struct {
		method, path, service, target, body string
		call                                string
		about                               []string
	}{
		{"POST", "/", "ec2", "", "Action=RebootInstances&InstanceId.1=i-1&InstanceId.2=i-2", "ec2:RebootInstances", []string{arn("ec2", "instance/i-1"), arn("ec2", "instance/i-2")}},
		{"GET", "/?Action=DescribeVpcs&Version=2016-11-15", "ec2", "", "", "ec2:DescribeVpcs", []string{"*"}},
		{"POST", "/", "ec2", "", "Action=CreateTags&ResourceId.1=i-1&ResourceId.2=sg-1&Tag.1.Key=k", "ec2:CreateTags", []string{arn("ec2", "instance/i-1"), arn("ec2", "security-group/sg-1")}},
		{"POST", "/", "ec2", "", "Action=CreateSecurityGroup&VpcId=vpc-1&TagSpecification.1.ResourceType=security-group&TagSpecification.1.Tag.1.Key=k",
			"ec2:CreateSecurityGroup", []string{arn("ec2", "security-group/*"), arn("ec2", "vpc/vpc-1"), arn("ec2", "security-group/*")}},
		{"POST", "/", "iam", "", "Action=CreateUser&UserName=u&Path=/a/b/", "iam:CreateUser", []string{"arn:aws:iam::" + account + ":user/a/b/u"}},
		{"POST", "/", "rds", "", "Action=ModifyDBInstance&DBInstanceIdentifier=d&DBParameterGroupName=p", "rds:ModifyDBInstance", []string{arn("rds", "db:d"), arn("rds", "pg:p"), arn("rds", "og:default:postgres-16")}},
		{"POST", "/", "ecs", "AmazonEC2ContainerServiceV20141113.UpdateService", `{"cluster":"c","service":"s"}`, "ecs:UpdateService", []string{arn("ecs", "service/c/s")}},
		{"POST", "/", "ecs", "AmazonEC2ContainerServiceV20141113.StopTask", `{"cluster":"arn:aws:ecs:us-east-1:123456789012:cluster/c","task":"t"}`, "ecs:StopTask", []string{arn("ecs", "task/c/t")}},
		{"POST", "/", "ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", `{"family":"f","taskRoleArn":"arn:aws:iam::1:role/r"}`,
			"ecs:RegisterTaskDefinition", []string{arn("ecs", "task-definition/f:*"), "arn:aws:iam::1:role/r"}},
		{"POST", "/", "ssm", "AmazonSSM.SendCommand", `{"DocumentName":"AWS-RunShellScript","InstanceIds":["i-1"]}`, "ssm:SendCommand", []string{"arn:aws:ssm:us-east-1::document/AWS-RunShellScript", arn("ec2", "instance/i-1")}},
		{"POST", "/", "secretsmanager", "secretsmanager.GetSecretValue", `{"SecretId":"none"}`, "secretsmanager:GetSecretValue", []string{arn("secretsmanager", "secret:none")}},
		{"POST", "/", "sqs", "AmazonSQS.DeleteQueue", `{"QueueUrl":"http://x/1/q"}`, "sqs:DeleteQueue", []string{arn("sqs", "q")}},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", `{}`, "cloudwatch:PutMetricAlarm", []string{"*"}},
		{"POST", "/", "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails", `{}`, "cloudtrail:DescribeTrails", []string{"*"}},
		{"POST", "/clusters/k/node-groups/ng/update-config", "eks", "", `{"scalingConfig":{}}`, "eks:UpdateNodegroupConfig", []string{arn("eks", "nodegroup/k/ng/*")}},
		{"GET", "/clusters/k", "eks", "", "", "eks:DescribeCluster", []string{arn("eks", "cluster/k")}},
		{"GET", "/tags/arn%3Aaws%3Aeks%3Aus-east-1%3A1%3Acluster%2Fk", "eks", "", "", "eks:ListTagsForResource", []string{"arn:aws:eks:us-east-1:1:cluster/k"}},
		{"POST", "/no/such/thing", "eks", "", "{}", "eks:Unknown", []string{"*"}},
		{"GET", "/b/a/k%20y", "s3", "", "", "s3:GetObject", []string{"arn:aws:s3:::b/a/k y"}},
		{"GET", "/b?list-type=2&prefix=a", "s3", "", "", "s3:ListBucket", []string{"arn:aws:s3:::b"}},
		{"PUT", "/b?policy", "s3", "", "", "s3:Unknown", []string{"arn:aws:s3:::b"}},
		{"GET", "/b?versions", "s3", "", "", "s3:GetUnknown", []string{"arn:aws:s3:::b"}},
		{"GET", "/?prefix=chaotic-r1-&x-id=ListBuckets", "s3", "", "", "s3:ListAllMyBuckets", []string{"*"}},
		{"GET", "/2020-05-31/distribution", "cloudfront", "", "", "cloudfront:ListDistributions", []string{"*"}},
		{"DELETE", "/2020-05-31/distribution/D1", "cloudfront", "", "", "cloudfront:DeleteDistribution", []string{"arn:aws:cloudfront::" + account + ":distribution/D1"}},
		{"DELETE", "/2013-04-01/hostedzone/Z1", "route53", "", "", "route53:DeleteHostedZone", []string{"arn:aws:route53:::hostedzone/Z1"}},
		{"POST", "/", "iam", "", "Action=DeleteInstanceProfile&InstanceProfileName=none", "iam:DeleteInstanceProfile", []string{"arn:aws:iam::" + account + ":instance-profile/none"}},
		{"POST", "/", "ec2", "", "Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-1", "ec2:DeleteVpcEndpoints", []string{arn("ec2", "vpc-endpoint/vpce-1")}},
		{"POST", "/", "ec2", "", "Action=DeleteFlowLogs&FlowLogId.1=fl-1", "ec2:DeleteFlowLogs", []string{arn("ec2", "vpc-flow-log/fl-1")}},
		{"GET", "/2013-04-01/hostedzonesbyname?dnsname=a.internal", "route53", "", "", "route53:ListHostedZonesByName", []string{"*"}},
		{"GET", "/2013-04-01/healthcheck", "route53", "", "", "route53:GetUnknown", []string{"*"}},
		{"POST", "/", "monitoring", "GraniteServiceVersion20100801.DeleteAlarms", `{"AlarmNames":["a","b"]}`, "cloudwatch:DeleteAlarms", []string{arn("cloudwatch", "alarm:a"), arn("cloudwatch", "alarm:b")}},
		{"POST", "/", "budgets", "AWSBudgetServiceGateway.DeleteBudget", `{"BudgetName":"b"}`, "budgets:DeleteBudget", []string{"arn:aws:budgets::" + account + ":budget/b"}},
	} {
		t.Run(tt.call, func(t *testing.T) {
			hr := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			hr.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/"+tt.service+"/aws4_request, SignedHeaders=host, Signature=x")
			if tt.target != "" {
				hr.Header.Set("X-Amz-Target", tt.target)
				hr.Header.Set("Content-Type", "application/x-amz-json-1.1")
			}
			r, err := w.gateway.read(httptest.NewRecorder(), hr)
			must(t, err)
			if r.name() != tt.call {
				t.Fatalf("the call is %s, want %s", r.name(), tt.call)
			}
			checks, err := w.gateway.checks(t.Context(), r)
			must(t, err)
			var about []string
			for _, c := range checks {
				about = append(about, c.resource)
			}
			if !reflect.DeepEqual(about, tt.about) {
				t.Errorf("it is about %q, want %q", about, tt.about)
			}
		})
	}
}

// TestBudgetsHaveTwoRights: whoever may look at one may look at all.
func TestBudgetsHaveTwoRights(t *testing.T) {
	for action, want := range map[string]string{
		"DescribeBudgets": "budgets:ViewBudget", "DescribeNotificationsForBudget": "budgets:ViewBudget",
		"CreateBudget": "budgets:ModifyBudget", "DeleteBudget": "budgets:ModifyBudget", "TagResource": "budgets:TagResource",
	} {
		if got := (&request{service: "budgets", action: action}).right(); got != want {
			t.Errorf("%s needs %s, want %s", action, got, want)
		}
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		service, target, body string
		status                int
	}{
		"no action":       {"ec2", "", "InstanceId.1=i-1", http.StatusBadRequest},
		"two actions":     {"ec2", "", "Action=DescribeVpcs&Action=DeleteVpc", http.StatusBadRequest},
		"not JSON":        {"ecs", "AmazonEC2ContainerServiceV20141113.ListTasks", "{", http.StatusBadRequest},
		"JSON, no object": {"ecs", "AmazonEC2ContainerServiceV20141113.ListTasks", "[1]", http.StatusBadRequest},
		"too large":       {"ec2", "", "Action=" + strings.Repeat("x", maxBody), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			hr := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			hr.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/"+tt.service+"/aws4_request, SignedHeaders=host, Signature=x")
			if tt.target != "" {
				hr.Header.Set("X-Amz-Target", tt.target)
				hr.Header.Set("Content-Type", "application/x-amz-json-1.1")
			}
			got := httptest.NewRecorder()
			w.gateway.ServeHTTP(got, hr)
			if got.Code != tt.status {
				t.Errorf("status %d, want %d: %s", got.Code, tt.status, got.Body)
			}
		})
	}
}
