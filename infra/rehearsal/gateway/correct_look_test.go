package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
)

// IAM says what the gateway would judge, and which keys nobody told.
func TestPoliciesAreSimulated(t *testing.T) {
	w := newWorld(t)
	_, _ = w.user("/simulated/", "simulated", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["sqs:*","ec2:RunInstances"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-north-1"}}},
		{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/round":"R1"}}},
		{"Effect":"Deny","Action":"sqs:DeleteQueue","Resource":"*"}]}`)
	out, err := iam.NewFromConfig(w.root()).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::" + account + ":user/simulated/simulated"),
		ActionNames:     []string{"sqs:CreateQueue", "sqs:DeleteQueue", "ecs:RunTask", "ecs:StopTask"},
		ResourceArns:    []string{"*"},
		ContextEntries: []iamtypes.ContextEntry{{
			ContextKeyName: aws.String("aws:RequestedRegion"), ContextKeyType: iamtypes.ContextKeyTypeEnumString, ContextKeyValues: []string{"eu-north-1"},
		}},
	})
	must(t, err)
	want := []struct {
		says   iamtypes.PolicyEvaluationDecisionType
		untold int
	}{
		{iamtypes.PolicyEvaluationDecisionTypeAllowed, 0},
		{iamtypes.PolicyEvaluationDecisionTypeExplicitDeny, 0},
		{iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, 1},
		{iamtypes.PolicyEvaluationDecisionTypeImplicitDeny, 0},
	}
	if len(out.EvaluationResults) != len(want) {
		t.Fatalf("%d results", len(out.EvaluationResults))
	}
	for i, r := range out.EvaluationResults {
		if r.EvalDecision != want[i].says || len(r.MissingContextValues) != want[i].untold {
			t.Errorf("%s: %s, without %q; want %s", *r.EvalActionName, r.EvalDecision, r.MissingContextValues, want[i].says)
		}
	}
}

func TestQuotasAreTold(t *testing.T) {
	c := servicequotas.NewFromConfig(newWorld(t).root())
	out, err := c.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("vpc"), QuotaCode: aws.String("L-F678F1CE")})
	must(t, err)
	if *out.Quota.Value != 5 {
		t.Errorf("the account may have %v networks", *out.Quota.Value)
	}
	if _, err := c.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("vpc"), QuotaCode: aws.String("L-00000000")}); err == nil {
		t.Error("there is a quota of no name")
	}
}
