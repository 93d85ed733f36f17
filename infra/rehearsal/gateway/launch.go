package gateway

import (
	"context"
	"net/url"
	"strconv"
)

// launchData is what a launch template says about the instances it starts.
type launchData struct {
	ID    string   `xml:"launchTemplateId"`
	Image string   `xml:"launchTemplateData>imageId"`
	Type  string   `xml:"launchTemplateData>instanceType"`
	Group []string `xml:"launchTemplateData>securityGroupIdSet>item"`
	Tags  []struct {
		Kind string   `xml:"resourceType"`
		Tags []xmlTag `xml:"tagSet>item"`
	} `xml:"launchTemplateData>tagSpecificationSet>item"`
}

// filled is a call to RunInstances as it is judged and carried out: what the
// caller left out is the launch template's. On AWS, too, the permission is for
// the instance as it will be, and not for the words of the request.
func (g *Gateway) filled(ctx context.Context, r *request) (*request, error) {
	name, id := r.str("LaunchTemplate", "LaunchTemplateName"), r.str("LaunchTemplate", "LaunchTemplateId")
	if r.name() != "ec2:RunInstances" || name == "" && id == "" {
		return r, nil
	}
	ask := url.Values{"LaunchTemplateVersion.1": {"$Default"}}
	if v := r.str("LaunchTemplate", "Version"); v != "" {
		ask.Set("LaunchTemplateVersion.1", v)
	}
	if id != "" {
		ask.Set("LaunchTemplateId", id)
	} else {
		ask.Set("LaunchTemplateName", name)
	}
	var got struct {
		List []launchData `xml:"launchTemplateVersionSet>item"`
	}
	if err := g.moto.query(ctx, "ec2", "DescribeLaunchTemplateVersions", ask, &got); err != nil {
		return nil, err
	}
	if len(got.List) != 1 {
		return nil, badRequest("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version of the launch template.")
	}
	form := url.Values{}
	for k, v := range r.form {
		form[k] = v
	}
	got.List[0].fill(form, r)
	form.Del("LaunchTemplate.LaunchTemplateName")
	form.Set("LaunchTemplate.LaunchTemplateId", got.List[0].ID)
	out := *r
	out.form, out.params = form, nest(form, r.service)
	return &out, nil
}

// fill adds what the request leaves out. A request's own tags for a kind of
// thing stand beside the template's: AWS takes the request's, key by key.
func (t launchData) fill(form url.Values, r *request) {
	missing := func(name, value string) {
		if form.Get(name) == "" && value != "" {
			form.Set(name, value)
		}
	}
	missing("ImageId", t.Image)
	missing("InstanceType", t.Type)
	if len(r.list("SecurityGroupId"))+len(r.list("SecurityGroup"))+len(items(r.params["NetworkInterface"])) == 0 {
		for i, g := range t.Group {
			form.Set("SecurityGroupId."+strconv.Itoa(i+1), g)
		}
	}
	own := map[string]map[string]bool{} // kind -> keys
	n := 0
	for _, spec := range items(r.params["TagSpecification"]) {
		n++
		kind := text(dig(spec, "ResourceType"))
		if own[kind] == nil {
			own[kind] = map[string]bool{}
		}
		for _, t := range items(dig(spec, "Tag")) {
			own[kind][text(dig(t, "Key"))] = true
		}
	}
	for _, spec := range t.Tags {
		if spec.Kind == "launch-template" {
			continue // moto shows the template's own tags among what it starts
		}
		added := 0
		for _, tag := range spec.Tags {
			if key := tag.Key + tag.Small; !own[spec.Kind][key] {
				at := "TagSpecification." + strconv.Itoa(n+1) + ".Tag." + strconv.Itoa(added+1)
				form.Set(at+".Key", key)
				form.Set(at+".Value", tag.Value+tag.SmallV)
				added++
			}
		}
		if added > 0 {
			form.Set("TagSpecification."+strconv.Itoa(n+1)+".ResourceType", spec.Kind)
			n++
		}
	}
}
