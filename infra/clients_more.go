package infra

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	waf "github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// worldRegion is where AWS keeps what belongs to no region: CloudFront's
// firewall, the billing metrics and what listens to them.
const worldRegion = "us-east-1"

// others are the clients of services in which Terraform alone makes something.
type others struct {
	alarms      *cloudwatch.Client
	budgets     *budgets.Client
	cloudfront  *cloudfront.Client
	cognito     *cognito.Client
	ecr         *ecr.Client
	events      *events.Client
	logs        *logs.Client
	route53     *route53.Client
	s3          *s3.Client
	trails      *cloudtrail.Client
	topics      *sns.Client        // of the world
	waf         *waf.Client        // of the world
	worldAlarms *cloudwatch.Client // of the world
}

func newOthers(cfg aws.Config) others {
	world := cfg.Copy()
	world.Region = worldRegion
	return others{
		alarms:      cloudwatch.NewFromConfig(cfg, inJSON),
		budgets:     budgets.NewFromConfig(cfg),
		cloudfront:  cloudfront.NewFromConfig(cfg),
		cognito:     cognito.NewFromConfig(cfg),
		ecr:         ecr.NewFromConfig(cfg),
		events:      events.NewFromConfig(cfg),
		logs:        logs.NewFromConfig(cfg),
		route53:     route53.NewFromConfig(cfg),
		s3:          s3.NewFromConfig(cfg, byPath),
		trails:      cloudtrail.NewFromConfig(cfg),
		topics:      sns.NewFromConfig(world),
		waf:         waf.NewFromConfig(world),
		worldAlarms: cloudwatch.NewFromConfig(world, inJSON),
	}
}

// inJSON has CloudWatch speak JSON, one of its three protocols: what stands in
// for AWS can read no CBOR.
func inJSON(o *cloudwatch.Options) {
	o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
}

// byPath names a bucket in the path: a host name for each would have to be
// resolved where an endpoint is an address.
func byPath(o *s3.Options) { o.UsePathStyle = true }
