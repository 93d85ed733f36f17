package cost

// All prices are USD in us-east-1, on demand, with the page of AWS that says so
// for each. Nobody has read those pages for this table yet: on 2026-11-25 they
// could not be reached, and only Fargate's and the small databases' prices were
// compared with what others quote. Prices by the month are divided by AWS's own
// 730 hours.
const month = 730

const (
	// aws.amazon.com/fargate/pricing: Linux on x86.
	fargateCPU    = 0.04048  // a vCPU
	fargateMemory = 0.004445 // a GB

	// aws.amazon.com/vpc/pricing: a public IPv4 address, in use or idle; an
	// interface endpoint in one zone; a NAT gateway without its traffic.
	publicAddress     = 0.005
	interfaceEndpoint = 0.01
	natGateway        = 0.045

	// aws.amazon.com/elasticloadbalancing/pricing: without capacity units, of
	// which a round's load needs a fraction of one (0.008 each).
	balancer = 0.0225

	// aws.amazon.com/rds/postgresql/pricing: a GB of gp2 or gp3, a single zone.
	databaseStorage = 0.115 / month

	// aws.amazon.com/waf/pricing: a list, and each rule or group of AWS's rules.
	firewall     = 5.00 / month
	firewallRule = 1.00 / month

	// aws.amazon.com/secrets-manager/pricing.
	secret = 0.40 / month

	// aws.amazon.com/cloudwatch/pricing: an alarm on a metric of one minute or more.
	alarm = 0.10 / month

	// aws.amazon.com/eks/pricing: a cluster of a version in standard support.
	cluster = 0.10
)

// volumes are GB of EBS by type: aws.amazon.com/ebs/pricing. Provisioned speed
// beyond what gp3 includes is not among them.
func volumes() map[string]float64 {
	return map[string]float64{
		"gp3": 0.08 / month,
		"gp2": 0.10 / month,
		"st1": 0.045 / month,
		"sc1": 0.015 / month,
	}
}

// instances are EC2's, Linux: aws.amazon.com/ec2/pricing/on-demand.
func instances() map[string]float64 {
	return map[string]float64{
		"t3.nano": 0.0052, "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416,
		"t3.large": 0.0832, "t3.xlarge": 0.1664, "t3.2xlarge": 0.3328,
		"t3a.nano": 0.0047, "t3a.micro": 0.0094, "t3a.small": 0.0188, "t3a.medium": 0.0376,
		"t3a.large": 0.0752, "t3a.xlarge": 0.1504, "t3a.2xlarge": 0.3008,
		"t4g.nano": 0.0042, "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336,
		"t4g.large": 0.0672, "t4g.xlarge": 0.1344, "t4g.2xlarge": 0.2688,
		"m5.large": 0.096, "m5.xlarge": 0.192, "m5.2xlarge": 0.384, "m5.4xlarge": 0.768,
		"m6i.large": 0.096, "m6i.xlarge": 0.192, "m6i.2xlarge": 0.384, "m6i.4xlarge": 0.768,
	}
}

// databases are RDS for PostgreSQL in a single zone; two zones cost twice as
// much: aws.amazon.com/rds/postgresql/pricing.
func databases() map[string]float64 {
	return map[string]float64{
		"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065,
		"db.t4g.large": 0.129, "db.t4g.xlarge": 0.258, "db.t4g.2xlarge": 0.517,
		"db.t3.micro": 0.018, "db.t3.small": 0.036, "db.t3.medium": 0.072,
		"db.t3.large": 0.145, "db.t3.xlarge": 0.29, "db.t3.2xlarge": 0.579,
		"db.m6g.large": 0.159, "db.m6g.xlarge": 0.318,
	}
}

// flat are types of which each costs the same.
func flat() map[string]line {
	return map[string]line{
		"aws_eip":                     {"public IPv4 address", 1, publicAddress},
		"aws_nat_gateway":             {"NAT gateway", 1, natGateway},
		"aws_secretsmanager_secret":   {"secret", 1, secret},
		"aws_cloudwatch_metric_alarm": {"alarm", 1, alarm},
		"aws_eks_cluster":             {"EKS control plane", 1, cluster},
	}
}
