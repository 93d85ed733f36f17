package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// TestAVersionFromAnother: what the call does not say is the other version's, and
// what it says is instead of it as a whole.
func TestAVersionFromAnother(t *testing.T) {
	w := newWorld(t)
	ctx, c, i := t.Context(), ec2.NewFromConfig(w.root()), iam.NewFromConfig(w.root())
	_, err := i.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("box-of-r75")})
	must(t, err)
	tags := func(expires string) []types.LaunchTemplateTagSpecificationRequest {
		return []types.LaunchTemplateTagSpecificationRequest{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{
			{Key: aws.String("round"), Value: aws.String("R75")}, {Key: aws.String("expires"), Value: &expires},
		}}}
	}
	made, err := c.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("chaotic-r75-box"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{
			ImageId: aws.String("ami-12345678"), InstanceType: types.InstanceTypeT3Micro, TagSpecifications: tags("early"), UserData: aws.String("IyEvYmluL3NoCg=="),
			IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("box-of-r75")},
			BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/sdf"),
				Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(1)}}},
		}})
	must(t, err)
	id := made.LaunchTemplate.LaunchTemplateId
	for _, from := range []string{"1", "2"} { // also from one that is itself from another
		_, err = c.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: id, SourceVersion: &from,
			LaunchTemplateData: &types.RequestLaunchTemplateData{TagSpecifications: tags("late, from " + from)}})
		must(t, err)
	}
	_, err = c.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: id, SourceVersion: aws.String("9"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{}})
	if err == nil {
		t.Error("a version was made from one that there is not")
	}
	got, err := c.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"3"}})
	must(t, err)
	data := got.LaunchTemplateVersions[0].LaunchTemplateData
	if aws.ToString(data.ImageId) != "ami-12345678" || data.InstanceType != types.InstanceTypeT3Micro || len(data.BlockDeviceMappings) != 1 ||
		data.IamInstanceProfile == nil || aws.ToString(data.IamInstanceProfile.Name) != "box-of-r75" {
		t.Errorf("a box would start as %+v", data)
	}
	if n := len(data.TagSpecifications); n != 1 || aws.ToString(data.TagSpecifications[0].Tags[1].Value) != "late, from 2" {
		t.Errorf("a box would carry %+v", data.TagSpecifications)
	}
	if aws.ToString(data.UserData) != "IyEvYmluL3NoCg==" {
		t.Errorf("a box would boot with %q", aws.ToString(data.UserData))
	}
	run, err := c.RunInstances(ctx, &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: id, Version: aws.String("3")}})
	must(t, err)
	w.ends(run.Instances[0])
	for _, tag := range run.Instances[0].Tags {
		if *tag.Key == "expires" && *tag.Value != "late, from 2" {
			t.Errorf("a box was born with the end %s", *tag.Value)
		}
	}
}
