package gateway

import (
	"net/url"
	"slices"
	"strings"
)

// route is one operation of a REST service. A segment in braces becomes a
// parameter; one that ends in "+" takes the rest of the path. Where a query
// parameter tells operations of one path apart, it stands behind a "?".
type route struct{ method, path, action string }

// eksRoutes is the part of EKS that a round touches.
var eksRoutes = []route{
	{"POST", "/clusters", "CreateCluster"},
	{"GET", "/clusters", "ListClusters"},
	{"GET", "/clusters/{name}", "DescribeCluster"},
	{"DELETE", "/clusters/{name}", "DeleteCluster"},
	{"POST", "/clusters/{name}/update-config", "UpdateClusterConfig"},
	{"POST", "/clusters/{name}/node-groups", "CreateNodegroup"},
	{"GET", "/clusters/{name}/node-groups", "ListNodegroups"},
	{"GET", "/clusters/{name}/node-groups/{nodegroupName}", "DescribeNodegroup"},
	{"DELETE", "/clusters/{name}/node-groups/{nodegroupName}", "DeleteNodegroup"},
	{"POST", "/clusters/{name}/node-groups/{nodegroupName}/update-config", "UpdateNodegroupConfig"},
	{"POST", "/clusters/{name}/node-groups/{nodegroupName}/update-version", "UpdateNodegroupVersion"},
	{"GET", "/clusters/{name}/updates", "ListUpdates"},
	{"GET", "/clusters/{name}/updates/{updateId}", "DescribeUpdate"},
	{"POST", "/tags/{resourceArn+}", "TagResource"},
	{"DELETE", "/tags/{resourceArn+}", "UntagResource"},
	{"GET", "/tags/{resourceArn+}", "ListTagsForResource"},
}

// cloudfrontRoutes are the calls by which the bot finds and removes what it did
// not make here, and those of Terraform's that are corrected. route53Routes are
// of the former.
var cloudfrontRoutes = []route{
	{"GET", "/2020-05-31/distribution", "ListDistributions"},
	{"POST", "/2020-05-31/distribution", "CreateDistribution"},
	{"GET", "/2020-05-31/distribution/{Id}", "GetDistribution"},
	{"GET", "/2020-05-31/distribution/{Id}/config", "GetDistributionConfig"},
	{"PUT", "/2020-05-31/distribution/{Id}/config", "UpdateDistribution"},
	{"DELETE", "/2020-05-31/distribution/{Id}", "DeleteDistribution"},
	{"GET", "/2020-05-31/tagging", "ListTagsForResource"},
	{"POST", "/2020-05-31/tagging?Operation=Tag", "TagResource"},
	{"POST", "/2020-05-31/tagging?Operation=Untag", "UntagResource"},
	{"GET", "/2020-05-31/origin-access-control", "ListOriginAccessControls"},
	{"GET", "/2020-05-31/origin-access-control/{Id}", "GetOriginAccessControl"},
	{"DELETE", "/2020-05-31/origin-access-control/{Id}", "DeleteOriginAccessControl"},
	{"GET", "/2020-05-31/cache-policy", "ListCachePolicies"},
	{"GET", "/2020-05-31/cache-policy/{Id}", "GetCachePolicy"},
	{"GET", "/2020-05-31/origin-request-policy", "ListOriginRequestPolicies"},
	{"GET", "/2020-05-31/origin-request-policy/{Id}", "GetOriginRequestPolicy"},
	{"GET", "/2020-05-31/response-headers-policy", "ListResponseHeadersPolicies"},
	{"GET", "/2020-05-31/response-headers-policy/{Id}", "GetResponseHeadersPolicy"},
}

var route53Routes = []route{
	{"GET", "/2013-04-01/hostedzonesbyname", "ListHostedZonesByName"},
	{"GET", "/2013-04-01/hostedzone/{Id}/rrset", "ListResourceRecordSets"},
	{"POST", "/2013-04-01/hostedzone/{Id}/rrset", "ChangeResourceRecordSets"},
	{"DELETE", "/2013-04-01/hostedzone/{Id}", "DeleteHostedZone"},
	{"POST", "/2013-04-01/tags/hostedzone/{Id}", "ChangeTagsForResource"},
}

// restRoutes are the REST services whose calls have names here.
var restRoutes = map[string][]route{"eks": eksRoutes, "cloudfront": cloudfrontRoutes, "route53": route53Routes}

// parsePath names a call of a REST service. What no table knows gets a name that
// no policy but a wildcard can allow.
func (r *request) parsePath() {
	for _, route := range restRoutes[r.service] {
		vars, ok := match(route, r.method, r.url)
		if !ok {
			continue
		}
		r.action = route.action
		for k, v := range vars {
			if r.params[k] != nil || r.url.Query().Has(k) { // moto would believe that one
				r.action = unknownAction(r)
			}
			r.params[k] = v
		}
		return
	}
	r.action = unknownAction(r)
}

func match(t route, method string, called *url.URL) (map[string]string, bool) {
	if t.method != method {
		return nil, false
	}
	path, query, told := strings.Cut(t.path, "?")
	if name, value, _ := strings.Cut(query, "="); told && !slices.Equal(called.Query()[name], []string{value}) {
		return nil, false
	}
	want, got := strings.Split(path, "/"), strings.Split(strings.TrimSuffix(called.EscapedPath(), "/"), "/")
	vars := map[string]string{}
	for i, w := range want {
		if i >= len(got) {
			return nil, false
		}
		name, isVar := strings.CutPrefix(w, "{")
		name = strings.TrimSuffix(name, "}")
		if !isVar {
			if w != got[i] {
				return nil, false
			}
			continue
		}
		value := got[i]
		name, rest := strings.CutSuffix(name, "+")
		if rest {
			value = strings.Join(got[i:], "/")
		}
		value, err := url.PathUnescape(value)
		if err != nil {
			return nil, false
		}
		vars[name] = value
		if rest {
			return vars, true
		}
	}
	return vars, len(got) == len(want)
}

// parseS3 names the calls of S3 (path style) that a round makes.
func (r *request) parseS3() {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.url.Path, "/"), "/")
	r.params["Bucket"], r.params["Key"] = bucket, key
	of := map[string]string{}
	switch {
	case hasSubresource(r.url.Query()):
	case bucket == "":
		of = map[string]string{"GET": "ListAllMyBuckets"}
	case key == "":
		of = map[string]string{"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
	default:
		of = map[string]string{"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
	}
	r.action = of[r.method]
	if r.action == "" {
		r.action = unknownAction(r)
	}
}

// hasSubresource: ?tagging, ?policy and the like are calls of their own.
func hasSubresource(q url.Values) bool {
	for name, v := range q {
		if len(v) == 1 && v[0] == "" && name != "prefix" && name != "delimiter" {
			return true
		}
	}
	return false
}

// unknownAction is read-only by name exactly when HTTP says so.
func unknownAction(r *request) string {
	switch r.method {
	case "GET", "HEAD":
		return "GetUnknown"
	}
	return "Unknown"
}
