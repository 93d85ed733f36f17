package cost

import (
	"errors"
	"fmt"

	"github.com/chaotic-good/scenarios/infra/resources"
)

// pricer adds up one resource. Its error is the end of a sentence that begins
// with the resource's address.
type pricer func(stack, resources.Resource) ([]line, error)

func pricers() map[string]pricer {
	return map[string]pricer{
		"aws_instance":       instance,
		"aws_ebs_volume":     volume,
		"aws_ecs_service":    service,
		"aws_eks_node_group": nodes,
		"aws_db_instance":    database,
		"aws_lb":             loadBalancer,
		"aws_vpc_endpoint":   endpoint,
		"aws_wafv2_web_acl":  webACL,
	}
}

func machine(kind any, count int) (line, error) {
	name, _ := kind.(string)
	each, ok := instances()[name]
	if !ok {
		return line{}, fmt.Errorf("is of the instance type %s, which has no price here", quoted(kind))
	}
	return line{"EC2 " + name, count, each}, nil
}

// instance is the machine, its disks, and the public address that its subnet may
// give it. What it does not say itself its launch template says.
func instance(s stack, r resources.Resource) ([]line, error) {
	kind, blocks := r.Values["instance_type"], []any{}
	if templates := s.mentioned(r, "aws_launch_template"); len(templates) == 1 {
		t := templates[0]
		if known(kind) == nil || !r.Writes("instance_type") {
			kind = t.Values["instance_type"]
		}
		for _, m := range list(t.Values["block_device_mappings"]) {
			blocks = append(blocks, list(at(m, "ebs"))...)
		}
	} else {
		blocks = append(blocks, list(r.Values["root_block_device"])...)
		if len(blocks) == 0 {
			blocks = append(blocks, map[string]any{}) // the image's own
		}
		blocks = append(blocks, list(r.Values["ebs_block_device"])...)
	}
	m, err := machine(kind, 1)
	if err != nil {
		return nil, err
	}
	lines := []line{m}
	for _, b := range blocks {
		disk, err := diskOf(at(b, "volume_type"), at(b, "volume_size"), 1)
		if err != nil {
			return nil, err
		}
		lines = append(lines, disk)
	}
	// An interface of its own brings its own addresses. Whether a subnet gives
	// one is not known in a plan: it counts unless it was declined.
	if len(list(r.Values["network_interface"])) == 0 && r.Values["associate_public_ip_address"] != false {
		lines = append(lines, line{"public IPv4 address", 1, publicAddress})
	}
	return lines, nil
}

func volume(_ stack, r resources.Resource) ([]line, error) {
	disk, err := diskOf(r.Values["type"], r.Values["size"], 1)
	return []line{disk}, err
}

// diskOf reads what is left out as AWS does: gp2, though gp3 where an image says
// so, and the image's own size, which is 8 GB for Amazon Linux.
func diskOf(kind, size any, count int) (line, error) {
	name, gigabytes := "gp2", 8.0
	if known(kind) != nil {
		name, _ = kind.(string)
	}
	if known(size) != nil {
		n, ok := number(size)
		if !ok {
			return line{}, errors.New("has a disk whose size cannot be read")
		}
		gigabytes = n
	}
	each, ok := volumes()[name]
	if !ok {
		return line{}, fmt.Errorf("has a disk of the type %s, which has no price here", quoted(kind))
	}
	return line{fmt.Sprintf("disk of %g GB (%s)", gigabytes, name), count, each * gigabytes}, nil
}

// service is its tasks and their public addresses, as many as it starts with.
func service(s stack, r resources.Resource) ([]line, error) {
	launch, _ := r.Values["launch_type"].(string)
	if launch != "FARGATE" {
		return nil, errors.New("does not run on Fargate, and nothing else has a price here")
	}
	count, ok := number(r.Values["desired_count"])
	if !ok {
		return nil, errors.New("does not say how many tasks it has")
	}
	definition, ok := s.definitionOf(r)
	if !ok {
		return nil, errors.New("does not say which of several task definitions it runs")
	}
	cpu, fine := number(definition.Values["cpu"])
	memory, also := number(definition.Values["memory"])
	if !fine || !also {
		return nil, fmt.Errorf("runs %s, whose size is not known yet", definition.Address)
	}
	cpu, memory = cpu/1024, memory/1024
	lines := []line{{fmt.Sprintf("Fargate task of %g vCPU and %g GB", cpu, memory), int(count), cpu*fargateCPU + memory*fargateMemory}}
	for _, n := range list(r.Values["network_configuration"]) {
		if at(n, "assign_public_ip") != false && at(n, "assign_public_ip") != nil {
			lines = append(lines, line{"public IPv4 address", int(count), publicAddress})
		}
	}
	return lines, nil
}

// definitionOf is the task definition that a service runs: the one with the ARN,
// or, while that is not known, the one whose block it names; of several from one
// block, the one with the service's own key.
func (s stack) definitionOf(r resources.Resource) (resources.Resource, bool) {
	for _, d := range s.all {
		arn, _ := d.Values["arn"].(string)
		if d.Type == "aws_ecs_task_definition" && arn != "" && arn == r.Values["task_definition"] {
			return d, true
		}
	}
	some := s.mentioned(r, "aws_ecs_task_definition")
	if len(some) == 1 {
		return some[0], true
	}
	for _, d := range some {
		if d.Key() != "" && d.Key() == r.Key() {
			return d, true
		}
	}
	return resources.Resource{}, false
}

// nodes are an EKS node group's instances with their disks, each with an address.
func nodes(_ stack, r resources.Resource) ([]line, error) {
	scaling := list(r.Values["scaling_config"])
	if len(scaling) != 1 {
		return nil, errors.New("does not say how many nodes it has")
	}
	count, ok := number(at(scaling[0], "desired_size"))
	if !ok {
		return nil, errors.New("does not say how many nodes it has")
	}
	var kind any = "t3.medium" // EKS's own choice
	if kinds := list(r.Values["instance_types"]); len(kinds) > 0 {
		kind = kinds[0]
	}
	m, err := machine(kind, int(count))
	if err != nil {
		return nil, err
	}
	size := r.Values["disk_size"]
	if known(size) == nil {
		size = 20.0 // EKS's own choice
	}
	disk, err := diskOf("gp2", size, int(count))
	return []line{m, disk, {"public IPv4 address", int(count), publicAddress}}, err
}
