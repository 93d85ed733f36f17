package infra

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestAWSConfigTakesTheEnvironmentAndAnEndpoint(t *testing.T) {
	url := needMoto(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	cfg := must(AWSConfig(t.Context(), "eu-west-1", url))(t)
	if cfg.Region != "eu-west-1" {
		t.Errorf("region %q", cfg.Region)
	}
	must(sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
	if tries := cfg.Retryer().MaxAttempts(); tries < 8 {
		t.Errorf("a throttled call is tried %d times", tries)
	}
	if cfg := must(AWSConfig(t.Context(), "eu-west-1", ""))(t); cfg.BaseEndpoint != nil {
		t.Errorf("endpoint %q", *cfg.BaseEndpoint)
	}
}
