package gateway

import "strings"

// facts are the condition keys of one question, in lower case, with their
// values. A key that has no value in this call is absent.
type facts map[string][]string

// resourceTagPrefixes are the services' own spellings of aws:ResourceTag.
var resourceTagPrefixes = []string{
	"aws:resourcetag/", "ec2:resourcetag/", "ecs:resourcetag/", "ssm:resourcetag/",
	"secretsmanager:resourcetag/", "elasticloadbalancing:resourcetag/", "iam:resourcetag/", "rds:db-tag/",
}

// known are keys that the gateway fills, or that a call with a long-lived key
// from outside never has on AWS either: those are known to be absent.
var known = map[string]bool{
	"aws:requestedregion": true, "aws:principalarn": true, "aws:principalaccount": true,
	"aws:principaltype": true, "aws:username": true, "aws:securetransport": true, "aws:sourceip": true,
	"aws:currenttime": true, "aws:epochtime": true, "aws:useragent": true, "aws:tagkeys": true,
	"aws:resourceaccount": true, "aws:viaawsservice": true, "aws:principalisawsservice": true,
	"aws:multifactorauthpresent": true, "aws:multifactorauthage": true, "aws:tokenissuetime": true,
	"aws:calledvia": true, "aws:sourcevpc": true, "aws:sourcevpce": true, "aws:sourcearn": true,
	"aws:sourceaccount": true, "aws:sourceidentity": true, "aws:federatedprovider": true, "aws:referer": true,
	"ec2:region": true, "ec2:instancetype": true, "ec2:launchtemplate": true, "ec2:createaction": true, "ecs:cluster": true,
	"iam:passedtoservice": true, "iam:permissionsboundary": true, "iam:policyarn": true, "secretsmanager:secretid": true,
	"kms:viaservice": true, "kms:grantisforawsresource": true, "iam:awsservicename": true, "rds:databaseclass": true, "ssm:resourcetag": true,
}

// knows tells whether the absence of a key means that the call has none.
func knows(key string) bool {
	key = strings.ToLower(key)
	if known[key] || strings.HasPrefix(key, "aws:requesttag/") || strings.HasPrefix(key, "aws:principaltag/") {
		return true
	}
	for _, p := range resourceTagPrefixes {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

// variable is the value of a policy variable such as aws:username.
func (f facts) variable(key string) (string, bool) {
	v := f[strings.ToLower(key)]
	if len(v) != 1 {
		return "", false
	}
	return v[0], true
}

func (f facts) set(key string, values ...string) {
	if len(values) > 0 && values[0] != "" {
		f[strings.ToLower(key)] = values
	}
}

// withTags adds the resource's tags under every spelling.
func (f facts) withTags(tags map[string]string) facts {
	out := make(facts, len(f)+len(tags)*len(resourceTagPrefixes))
	for k, v := range f {
		out[k] = v
	}
	for k, v := range tags {
		for _, p := range resourceTagPrefixes {
			out[p+strings.ToLower(k)] = []string{v}
		}
	}
	return out
}

// withRequestTags has the tags of one resource that the call makes in the place
// of all of them: a volume's tags do not speak for its instance.
func (f facts) withRequestTags(tags map[string]string) facts {
	out := make(facts, len(f))
	for k, v := range f {
		if !strings.HasPrefix(k, "aws:requesttag/") {
			out[k] = v
		}
	}
	for k, v := range tags {
		out.set("aws:RequestTag/"+k, v)
	}
	return out
}

// facts are what is known of the call before a resource is looked at.
func (g *Gateway) facts(r *request) facts {
	f := facts{}
	now := g.cfg.Now().UTC()
	f.set("aws:RequestedRegion", r.region)
	f.set("aws:PrincipalArn", r.caller.ARN)
	f.set("aws:PrincipalAccount", r.account)
	f.set("aws:PrincipalType", "User")
	f.set("aws:username", r.caller.user())
	f.set("aws:SecureTransport", "true") // AWS's endpoints are; that ours is not is no reason to refuse
	f.set("aws:ViaAWSService", "false")
	f.set("aws:PrincipalIsAWSService", "false")
	f.set("aws:ResourceAccount", r.account)
	f.set("aws:UserAgent", r.header.Get("User-Agent"))
	f.set("aws:SourceIp", hostOf(r.remote))
	f.set("aws:CurrentTime", now.Format("2006-01-02T15:04:05Z"))
	f.set("aws:EpochTime", epoch(now))
	if r.service == "ec2" {
		f.set("ec2:Region", r.region)
		f.set("ec2:InstanceType", r.str("InstanceType"))
		if id := r.str("LaunchTemplate", "LaunchTemplateId"); id != "" {
			f.set("ec2:LaunchTemplate", r.arn("ec2", "launch-template/"+id))
		}
	}
	if c := r.str("cluster"); r.service == "ecs" {
		f.set("ecs:cluster", clusterARN(r, c))
	}
	if r.service == "rds" {
		f.set("rds:DatabaseClass", r.str("DBInstanceClass"))
	}
	f.set("secretsmanager:SecretId", r.str("SecretId"))
	if r.service == "iam" {
		f.set("iam:PolicyARN", r.str("PolicyArn"))
		f.set("iam:AWSServiceName", r.str("AWSServiceName"))
		f.set("iam:PermissionsBoundary", g.boundaryOf(r))
	}
	tags, keys := r.requestTags()
	for k, v := range tags {
		f.set("aws:RequestTag/"+k, v)
	}
	f.set("aws:TagKeys", keys...)
	return f
}
