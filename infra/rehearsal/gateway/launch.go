package gateway

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// launchData is what a launch template says about the instances it starts.
type launchData struct {
	ID    string   `xml:"launchTemplateId"`
	Image string   `xml:"launchTemplateData>imageId"`
	Type  string   `xml:"launchTemplateData>instanceType"`
	Key   string   `xml:"launchTemplateData>keyName"`
	Role  string   `xml:"launchTemplateData>iamInstanceProfile>name"`
	Crypt []string `xml:"launchTemplateData>blockDeviceMappingSet>item>ebs>encrypted"`
	Group []string `xml:"launchTemplateData>securityGroupIdSet>item"`
	Tags  []struct {
		Kind string   `xml:"resourceType"`
		Tags []xmlTag `xml:"tagSet>item"`
	} `xml:"launchTemplateData>tagSpecificationSet>item"`
}

// filled is a call to RunInstances as it is judged and carried out: what the
// caller left out is the launch template's, or the default network's. On AWS,
// too, the permission is for the instance as it will be, and not for the words
// of the request.
func (g *Gateway) filled(ctx context.Context, r *request) (*request, error) {
	if r.name() != "ec2:RunInstances" {
		return r, nil
	}
	out := *r
	out.form = maps.Clone(r.form)
	if err := g.fillTemplate(ctx, &out); err != nil {
		return nil, err
	}
	if err := g.fillSubnet(ctx, &out); err != nil {
		return nil, err
	}
	out.params = nest(out.form, r.service)
	return &out, nil
}

// fillTemplate adds what the launch template says, if one is named.
func (g *Gateway) fillTemplate(ctx context.Context, r *request) error {
	name, id := r.str("LaunchTemplate", "LaunchTemplateName"), r.str("LaunchTemplate", "LaunchTemplateId")
	if name == "" && id == "" {
		return nil
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
		return err
	}
	if len(got.List) != 1 {
		return badRequest("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version of the launch template.")
	}
	got.List[0].fill(r.form, r)
	r.form.Del("LaunchTemplate.LaunchTemplateName")
	r.form.Set("LaunchTemplate.LaunchTemplateId", got.List[0].ID)
	return nil
}

// fillSubnet names the default subnet for an instance, or for an interface of
// it, that says nothing of where it is to be.
func (g *Gateway) fillSubnet(ctx context.Context, r *request) error {
	places := map[string]bool{} // what makes an interface: whether it has a place
	for name := range r.form {
		if part := strings.Split(name, "."); part[0] == "NetworkInterface" && len(part) > 2 {
			at := part[0] + "." + part[1] + "."
			places[at] = r.form.Get(at+"SubnetId") != "" || r.form.Get(at+"NetworkInterfaceId") != ""
		}
	}
	if len(places) == 0 {
		places[""] = r.form.Get("SubnetId") != ""
	}
	for at, named := range places {
		if named {
			continue
		}
		id, err := g.moto.defaultSubnet(ctx, r.str("Placement", "AvailabilityZone"))
		if err != nil {
			return err
		}
		r.form.Set(at+"SubnetId", id)
	}
	return nil
}

// defaultSubnet is the default network's subnet in a zone, or in the first zone
// that has one.
func (u *upstream) defaultSubnet(ctx context.Context, zone string) (string, error) {
	var vpc struct {
		ID string `xml:"vpcSet>item>vpcId"`
	}
	form := url.Values{}
	setFilter(form, 1, "is-default", []any{"true"})
	if err := u.query(ctx, "ec2", "DescribeVpcs", form, &vpc); err != nil {
		return "", err
	}
	if vpc.ID == "" {
		return "", badRequest("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
	}
	var got struct {
		List []struct {
			ID   string `xml:"subnetId"`
			Zone string `xml:"availabilityZone"`
		} `xml:"subnetSet>item"`
	}
	form = url.Values{}
	setFilter(form, 1, "vpc-id", []any{vpc.ID})
	setFilter(form, 2, "default-for-az", []any{"true"})
	if err := u.query(ctx, "ec2", "DescribeSubnets", form, &got); err != nil {
		return "", err
	}
	var first, best string
	for _, s := range got.List {
		if (zone == "" || s.Zone == zone) && (first == "" || s.Zone < first) {
			first, best = s.Zone, s.ID
		}
	}
	switch {
	case len(got.List) == 0:
		return "", badRequest("MissingInput", "No subnets found for the default VPC '%s'. Please specify a subnet.", vpc.ID)
	case best == "":
		return "", badRequest("InvalidInput", "No default subnet for availability zone: '%s'.", zone)
	}
	return best, nil
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
	missing("KeyName", t.Key)
	if form.Get("IamInstanceProfile.Arn") == "" {
		missing("IamInstanceProfile.Name", t.Role)
	}
	r.encrypted = slices.Contains(t.Crypt, "true")
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
