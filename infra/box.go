package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// The machines of a stack: the legacy box and the monitoring host.
const (
	HostSubnet = SubnetPublicA
	HostType   = types.InstanceTypeT3Micro
	// LogDevice is where the box's log volume is attached, and LogVolume its
	// size in GiB. In rehearsal a GiB is 64 MiB (infra/rehearsal/box).
	LogDevice = "/dev/sdf"
	LogVolume = 1
	// HostImage is the SSM parameter in which AWS keeps its newest Linux image.
	HostImage = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
)

// hostsStep is the two EC2 instances.
func hostsStep() step {
	return step{
		name:  "hosts",
		needs: []string{"network", "security groups", "secrets", "parameters", "role", "logs"},
		parts: 4,
		make:  makeHosts,
		kinds: []kind{
			{"instances", findInstances, dropInstance},
			{"addresses", findAddresses, dropAddress},
			{"volumes", findVolumes, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ec2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &id})
				return err
			}},
			{"launch templates", findTemplates, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ec2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &id})
				return err
			}},
			{"key pairs", findKeyPairs, func(ctx context.Context, s *stack, id string) error {
				_, err := s.ec2.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: &id})
				return err
			}},
		},
	}
}

func makeHosts(ctx context.Context, s *stack) error {
	have, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: append(s.mine(), living())})
	if err != nil {
		return fmt.Errorf("look for instances: %w", err)
	}
	running := map[string]bool{}
	for _, r := range have.Reservations {
		for _, i := range r.Instances {
			for _, t := range i.Tags {
				if aws.ToString(t.Key) == TagRole {
					running[aws.ToString(t.Value)] = true
				}
			}
		}
	}
	image, err := s.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(HostImage)})
	if err != nil {
		return fmt.Errorf("look for the machine image: %w", err)
	}
	ami := aws.ToString(image.Parameter.Value)
	if err := makeKeyPair(ctx, s); err != nil {
		return err
	}
	if err := makeTemplate(ctx, s, ami); err != nil {
		return err
	}
	hosts := []struct{ role, name, template string }{
		{RoleBox, s.names.Box, s.names.Box},
		{RoleMonitoring, s.names.Monitoring, ""},
	}
	for _, h := range hosts {
		if running[h.role] {
			continue
		}
		in := &ec2.RunInstancesInput{
			ImageId: &ami, InstanceType: HostType, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			SubnetId: aws.String(s.subnets[HostSubnet]), SecurityGroupIds: []string{s.groups[h.role]},
			MetadataOptions: &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired},
			TagSpecifications: append(s.tagged(types.ResourceTypeInstance, h.role, h.name),
				s.tagged(types.ResourceTypeVolume, h.role, h.name)...),
		}
		if h.template != "" {
			in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateName: &h.template, Version: aws.String("$Default")}
		}
		if _, err := s.ec2.RunInstances(ctx, in); err != nil {
			return fmt.Errorf("start the %s: %w", h.role, err)
		}
	}
	return nil
}

// makeTemplate writes down how the box is started, for whoever replaces it.
func makeTemplate(ctx context.Context, s *stack, ami string) error {
	_, err := s.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &s.names.Box,
		TagSpecifications:  s.tagged(types.ResourceTypeLaunchTemplate, RoleBox, s.names.Box),
		LaunchTemplateData: s.templateData(ami, []string{s.groups[RoleBox]}),
	})
	if err != nil && !hasCode(err, "InvalidLaunchTemplateName.AlreadyExistsException") {
		return fmt.Errorf("create the launch template: %w", err)
	}
	return nil
}

// templateData is the box as the template says: with its tags, by which a
// replacement is known for the round's.
func (s *stack) templateData(ami string, groups []string) *types.RequestLaunchTemplateData {
	tags := func(what types.ResourceType) types.LaunchTemplateTagSpecificationRequest {
		return types.LaunchTemplateTagSpecificationRequest{ResourceType: what, Tags: s.tagged(what, RoleBox, s.names.Box)[0].Tags}
	}
	return &types.RequestLaunchTemplateData{
		ImageId: &ami, InstanceType: HostType, SecurityGroupIds: groups, KeyName: &s.names.Box,
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String(LogDevice),
			Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
				VolumeSize: aws.Int32(LogVolume), VolumeType: types.VolumeTypeGp3, DeleteOnTermination: aws.Bool(true), Encrypted: aws.Bool(true),
			},
		}},
		MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens: types.LaunchTemplateHttpTokensStateRequired,
		},
		TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{
			tags(types.ResourceTypeInstance), tags(types.ResourceTypeNetworkInterface), tags(types.ResourceTypeVolume),
		},
	}
}

// living leaves out terminated instances, which AWS shows for an hour.
func living() types.Filter {
	return filter("instance-state-name", "pending", "running", "stopping", "stopped", "shutting-down")
}

func findInstances(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		pages := ec2.NewDescribeInstancesPaginator(s.ec2, &ec2.DescribeInstancesInput{Filters: append(by, living())})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, r := range out.Reservations {
				for _, i := range r.Instances {
					ids = append(ids, aws.ToString(i.InstanceId))
				}
			}
		}
		return ids, nil
	})(ctx, s)
}

func dropInstance(ctx context.Context, s *stack, id string) error {
	in := &ec2.TerminateInstancesInput{InstanceIds: []string{id}}
	_, err := s.ec2.TerminateInstances(ctx, in)
	if !hasCode(err, "OperationNotPermitted") { // which says that somebody protected it
		return err
	}
	if _, err := s.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: &id, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(false)},
	}); err != nil {
		return err
	}
	_, err = s.ec2.TerminateInstances(ctx, in)
	return err
}

func findVolumes(ctx context.Context, s *stack) (ids []string, err error) {
	pages := ec2.NewDescribeVolumesPaginator(s.ec2, &ec2.DescribeVolumesInput{Filters: s.mine()})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range out.Volumes {
			ids = append(ids, aws.ToString(v.VolumeId))
		}
	}
	return ids, nil
}

func findTemplates(ctx context.Context, s *stack) (ids []string, err error) {
	pages := ec2.NewDescribeLaunchTemplatesPaginator(s.ec2, &ec2.DescribeLaunchTemplatesInput{
		Filters: []types.Filter{filter("launch-template-name", s.names.Prefix+"-*")},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range out.LaunchTemplates {
			ids = append(ids, aws.ToString(t.LaunchTemplateId))
		}
	}
	return ids, nil
}
