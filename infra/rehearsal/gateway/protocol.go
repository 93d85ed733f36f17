package gateway

import (
	"net/http"
	"strings"
)

// protocol is how a service speaks on the wire.
type protocol int

const (
	ec2Query  protocol = iota // form in, XML out, EC2's own error envelope
	query                     // form in, XML out
	jsonRPC                   // X-Amz-Target, JSON
	restJSON                  // method and path, JSON
	restXML                   // method and path, XML
	jsonQuery                 // jsonRPC that names its errors in a header too
)

// prefixes lists the signing names that differ from the service's prefix in
// IAM policies.
var prefixes = map[string]string{"monitoring": "cloudwatch", "tagging": "tag"}

// protocolOf tells the protocol from the request itself, so that a service
// that the gateway never heard of is still refused in a form that its SDK
// understands.
func protocolOf(signing string, h http.Header) protocol {
	switch signing {
	case "ec2":
		return ec2Query
	case "iam", "sts", "rds", "elasticloadbalancing", "autoscaling", "sns", "cloudformation":
		return query // whatever else the headers say
	case "s3", "cloudfront", "route53":
		return restXML
	}
	switch target := h.Get("X-Amz-Target"); {
	case target != "" && (signing == "sqs" || signing == "monitoring"):
		return jsonQuery
	case target != "":
		return jsonRPC
	case strings.HasPrefix(h.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return query
	}
	return restJSON
}

// readOnly tells reads from writes by name, as AWS's names allow. A received
// SQS message changes nothing but its own visibility, and STS changes nothing.
func (r *request) readOnly() bool {
	if r.service == "sts" {
		return true
	}
	for _, p := range []string{
		"Describe", "Get", "List", "Head", "Lookup", "Search", "Filter",
		"BatchGet", "Receive", "Simulate", "Query", "Scan", "Test", "Check", "Validate", "Estimate",
	} {
		if strings.HasPrefix(r.action, p) {
			return true
		}
	}
	return false
}
