package cost

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

type v = map[string]any

// planOf is a plan that makes these, by address.
func planOf(all map[string]v) *tfjson.Plan {
	p := &tfjson.Plan{}
	for address, values := range all {
		kind, name, _ := strings.Cut(address, ".")
		p.ResourceChanges = append(p.ResourceChanges, &tfjson.ResourceChange{
			Address: address, Mode: tfjson.ManagedResourceMode, Type: kind, Name: name,
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: values},
		})
	}
	return p
}

func one(kind string, values v) map[string]v { return map[string]v{kind + ".this": values} }

func TestEachPartHasItsPrice(t *testing.T) {
	disk := v{"volume_size": 30.0, "volume_type": "gp3"}
	cases := map[string]struct {
		of   map[string]v
		want float64
	}{
		"an instance with its disk and address": {
			one("aws_instance", v{"instance_type": "t3.large", "root_block_device": []any{disk}}), 0.0832 + 30*0.08/730 + 0.005,
		},
		"one without an address": {
			one("aws_instance", v{"instance_type": "t3.micro", "associate_public_ip_address": false}), 0.0104 + 8*0.10/730,
		},
		"one whose interface brings it": {
			one("aws_instance", v{"instance_type": "t3.micro", "network_interface": []any{v{"device_index": 0.0}}}), 0.0104 + 8*0.10/730,
		},
		"a volume":               {one("aws_ebs_volume", v{"type": "gp3", "size": 100.0}), 100 * 0.08 / 730},
		"a database":             {one("aws_db_instance", v{"engine": "postgres", "instance_class": "db.t4g.micro", "allocated_storage": 20.0}), 0.016 + 20*0.115/730},
		"a database twice":       {one("aws_db_instance", v{"engine": "postgres", "instance_class": "db.t4g.micro", "allocated_storage": 20.0, "multi_az": true}), 2 * (0.016 + 20*0.115/730)},
		"an open balancer":       {one("aws_lb", v{"internal": false, "subnets": []any{"a", "b", "c"}}), 0.0225 + 3*0.005},
		"an inner balancer":      {one("aws_lb", v{"internal": true}), 0.0225},
		"an interface endpoint":  {one("aws_vpc_endpoint", v{"vpc_endpoint_type": "Interface", "subnet_ids": []any{"a", "b"}}), 0.02},
		"a gateway endpoint":     {one("aws_vpc_endpoint", v{"vpc_endpoint_type": "Gateway"}), 0},
		"a firewall":             {one("aws_wafv2_web_acl", v{"rule": []any{v{}, v{}}}), 7.0 / 730},
		"a NAT gateway":          {one("aws_nat_gateway", v{}), 0.045},
		"an address":             {one("aws_eip", v{}), 0.005},
		"a secret":               {one("aws_secretsmanager_secret", v{}), 0.40 / 730},
		"a cluster":              {one("aws_eks_cluster", v{}), 0.10},
		"nodes":                  {one("aws_eks_node_group", v{"instance_types": []any{"t3.small"}, "scaling_config": []any{v{"desired_size": 2.0}}}), 2 * (0.0208 + 20*0.10/730 + 0.005)},
		"what is paid by use":    {one("aws_s3_bucket", v{}), 0},
		"nothing":                {nil, 0},
		"a service with no task": {withService(v{"desired_count": 0.0}), 0},
		"a service":              {withService(v{"desired_count": 2.0}), 2 * (0.25*0.04048 + 0.5*0.004445)},
		"a service on the internet": {
			withService(v{"desired_count": 3.0, "network_configuration": []any{v{"assign_public_ip": true}}}), 3 * (0.25*0.04048 + 0.5*0.004445 + 0.005),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Of(planOf(c.of))
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.PerHour-c.want) > 1e-9 {
				t.Errorf("%v USD an hour, want %v: %v", got.PerHour, c.want, got.Items)
			}
			sum := 0.0
			for _, i := range got.Items {
				sum += i.PerHour
			}
			if math.Abs(sum-got.PerHour) > 1e-9 {
				t.Errorf("the items make %v of %v", sum, got.PerHour)
			}
		})
	}
}

// withService is a service and what it runs, of the two definitions of a block.
func withService(more v) map[string]v {
	const arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/"
	more["launch_type"], more["task_definition"] = "FARGATE", arn+"api:1"
	return map[string]v{
		"aws_ecs_service.this":         more,
		"aws_ecs_task_definition.this": {"arn": arn + "api:1", "cpu": "256", "memory": "512"},
		"aws_ecs_task_definition.else": {"arn": arn + "big:1", "cpu": "4096", "memory": "8192"},
	}
}

func TestWhatHasNoPriceIsAnError(t *testing.T) {
	unknown := planOf(one("aws_ecs_service", v{"launch_type": "FARGATE", "desired_count": 1.0}))
	for name, p := range map[string]*tfjson.Plan{
		"a type of instance": planOf(one("aws_instance", v{"instance_type": "p5.48xlarge"})),
		"no type at all":     planOf(one("aws_instance", v{})),
		"a class":            planOf(one("aws_db_instance", v{"engine": "postgres", "instance_class": "db.x2iedn.32xlarge", "allocated_storage": 20.0})),
		"another engine":     planOf(one("aws_db_instance", v{"engine": "oracle-ee", "instance_class": "db.t3.micro", "allocated_storage": 20.0})),
		"fast storage":       planOf(one("aws_db_instance", v{"engine": "postgres", "instance_class": "db.t3.micro", "allocated_storage": 20.0, "storage_type": "io2"})),
		"a disk":             planOf(one("aws_ebs_volume", v{"type": "io2", "size": 1.0})),
		"another balancer":   planOf(one("aws_lb", v{"load_balancer_type": "gateway"})),
		"another endpoint":   planOf(one("aws_vpc_endpoint", v{"vpc_endpoint_type": "GatewayLoadBalancer"})),
		"tasks on instances": planOf(one("aws_ecs_service", v{"launch_type": "EC2", "desired_count": 1.0})),
		"no definition":      unknown,
		"no count":           planOf(one("aws_ecs_service", v{"launch_type": "FARGATE"})),
		"nodes":              planOf(one("aws_eks_node_group", v{})),
		"a new service":      planOf(one("aws_sagemaker_endpoint", v{})),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Of(p)
			var unpriced *UnpricedError
			if !errors.As(err, &unpriced) || len(unpriced.Resources) != 1 || !strings.HasSuffix(unpriced.Resources[0], ".this") {
				t.Fatalf("%v, %v", got, err)
			}
			if !strings.Contains(err.Error(), unpriced.Resources[0]) || got.PerHour != 0 {
				t.Errorf("%v: %v", got, err)
			}
		})
	}
}

func TestForATime(t *testing.T) {
	e := Estimate{PerHour: 0.3}
	if got := e.For(90 * time.Minute); math.Abs(got-0.45) > 1e-9 {
		t.Errorf("%v USD", got)
	}
	if got := (Item{What: "secret", Count: 2}).String(); got != "2 x secret" {
		t.Error(got)
	}
}
