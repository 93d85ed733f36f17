package gateway

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// What a provider of Terraform asks and moto cannot answer, or forgets. The
// callers have the bot's rights where Terraform would.

// AWS: tells who is told of a budget's notification.
func TestDescribeSubscribersForNotification(t *testing.T) {
	w := newWorld(t)
	cfg, _ := w.user("/", "the-budgeting-bot", policies(w, "R84", []string{"bot-terraform"})...)
	c, ctx, name := budgets.NewFromConfig(cfg), t.Context(), aws.String("chaotic-r84")
	above := func(threshold float64) *budgettypes.Notification {
		return &budgettypes.Notification{NotificationType: "ACTUAL", ComparisonOperator: "GREATER_THAN", Threshold: threshold}
	}
	to := func(addresses ...string) (all []budgettypes.Subscriber) {
		for _, a := range addresses {
			all = append(all, budgettypes.Subscriber{SubscriptionType: "EMAIL", Address: &a})
		}
		return all
	}
	account := aws.String(account)
	_, err := c.CreateBudget(ctx, &budgets.CreateBudgetInput{AccountId: account,
		Budget:                       &budgettypes.Budget{BudgetName: name, BudgetType: "COST", TimeUnit: "DAILY", BudgetLimit: &budgettypes.Spend{Amount: aws.String("5"), Unit: aws.String("USD")}},
		NotificationsWithSubscribers: []budgettypes.NotificationWithSubscribers{{Notification: above(50), Subscribers: to("ana@example.org")}},
		ResourceTags:                 []budgettypes.ResourceTag{{Key: aws.String("round"), Value: aws.String("R84")}},
	})
	must(t, err)
	for _, n := range []float64{80, 100} {
		_, err = c.CreateNotification(ctx, &budgets.CreateNotificationInput{AccountId: account, BudgetName: name, Notification: above(n), Subscribers: to("ana@example.org", "ben@example.org")})
		must(t, err)
	}
	_, err = c.DeleteNotification(ctx, &budgets.DeleteNotificationInput{AccountId: account, BudgetName: name, Notification: above(100)})
	must(t, err)
	percent := above(80)
	percent.ThresholdType = "PERCENTAGE" // which is the default
	for _, tt := range []struct {
		what, budget string
		of           *budgettypes.Notification
		want         []string
		code         string
	}{
		{"made with the budget", *name, above(50), []string{"ana@example.org"}, ""},
		{"made later", *name, percent, []string{"ana@example.org", "ben@example.org"}, ""},
		{"deleted", *name, above(100), nil, "NotFoundException"},
		{"never made", *name, above(51), nil, "NotFoundException"},
		{"of no budget", "chaotic-r84-none", above(50), nil, "NotFoundException"},
	} {
		got, err := c.DescribeSubscribersForNotification(ctx, &budgets.DescribeSubscribersForNotificationInput{AccountId: account, BudgetName: &tt.budget, Notification: tt.of})
		if tt.code != "" {
			wantCode(t, err, tt.code)
			continue
		}
		must(t, err)
		var told []string
		for _, s := range got.Subscribers {
			told = append(told, *s.Address)
		}
		if !slices.Equal(told, tt.want) {
			t.Errorf("%s: told are %q, want %q", tt.what, told, tt.want)
		}
	}
	arn := aws.String("arn:aws:budgets::" + *account + ":budget/" + *name)
	_, err = c.TagResource(ctx, &budgets.TagResourceInput{ResourceARN: arn, ResourceTags: []budgettypes.ResourceTag{{Key: aws.String("role"), Value: aws.String("guard")}}})
	must(t, err)
	_, err = c.UntagResource(ctx, &budgets.UntagResourceInput{ResourceARN: arn, ResourceTagKeys: []string{"round"}})
	must(t, err)
	tags, err := c.ListTagsForResource(ctx, &budgets.ListTagsForResourceInput{ResourceARN: arn})
	must(t, err)
	if len(tags.ResourceTags) != 1 || *tags.ResourceTags[0].Value != "guard" {
		t.Errorf("its tags are %+v", tags.ResourceTags)
	}
	_, err = c.DeleteBudget(ctx, &budgets.DeleteBudgetInput{AccountId: account, BudgetName: name})
	must(t, err)
	_, err = c.CreateNotification(ctx, &budgets.CreateNotificationInput{AccountId: account, BudgetName: aws.String("theirs"), Notification: above(1), Subscribers: to("eve@example.org")})
	wantCode(t, err, "AccessDeniedException")
}

// AWS: a trail is known by its name and by its ARN alike.
func TestATrailByItsARN(t *testing.T) {
	w := newWorld(t)
	cfg, _ := w.user("/", "the-trailing-bot", policies(w, "R85", []string{"bot-terraform"})...)
	c, ctx := cloudtrail.NewFromConfig(cfg), t.Context()
	bucket := aws.String("chaotic-r85-logs")
	_, err := s3.NewFromConfig(w.root(), func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	must(t, err)
	for name, as := range map[string]func(arn, name *string) *string{
		"chaotic-r85-by-arn":  func(arn, _ *string) *string { return arn },
		"chaotic-r85-by-name": func(_, name *string) *string { return name },
	} {
		t.Run(name, func(t *testing.T) {
			made, err := c.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: bucket})
			must(t, err)
			said := as(made.TrailARN, made.Name)
			logs := func(want bool) {
				t.Helper()
				got, err := c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: said})
				must(t, err)
				if aws.ToBool(got.IsLogging) != want {
					t.Errorf("it logs: %v, want %v", !want, want)
				}
			}
			_, err = c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: said})
			must(t, err)
			logs(true)
			_, err = c.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: said})
			must(t, err)
			logs(false)
			_, err = c.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: said})
			must(t, err)
			_, err = c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: said})
			wantCode(t, err, "TrailNotFoundException")
			_, err = c.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: said})
			wantCode(t, err, "TrailNotFoundException")
		})
	}
	_, err = c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("theirs")})
	wantCode(t, err, "AccessDeniedException")
}

// AWS: lists what a user has for single services; before a user is deleted one
// asks for it.
func TestListServiceSpecificCredentials(t *testing.T) {
	w := newWorld(t)
	c := iam.NewFromConfig(w.root())
	own, _ := w.user("/", "serviced", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:user/serviced"}]}`)
	for _, tt := range []struct {
		what, name, code string
		as               *iam.Client
	}{
		{"a user", "serviced", "", c},
		{"nobody", "unserviced", "NoSuchEntity", c},
		{"oneself", "", "", iam.NewFromConfig(own)},
		{"somebody else", "unserviced", "AccessDenied", iam.NewFromConfig(own)},
	} {
		in := &iam.ListServiceSpecificCredentialsInput{}
		if tt.name != "" {
			in.UserName = &tt.name
		}
		got, err := tt.as.ListServiceSpecificCredentials(t.Context(), in)
		if tt.code != "" {
			wantCode(t, err, tt.code)
			continue
		}
		if err != nil || len(got.ServiceSpecificCredentials) != 0 {
			t.Errorf("%s: %+v, %v", tt.what, got, err)
		}
	}
}

// AWS: a parameter is read back with its value, with how it is applied, and as
// the user's; without the last, a provider takes it for one of RDS's own.
func TestParametersAreReadBackAsWritten(t *testing.T) {
	w := newWorld(t)
	group := "read-back"
	c := w.database(group) // with max_connections
	for _, p := range []rdstypes.Parameter{
		{ParameterName: aws.String("max_connections"), ParameterValue: aws.String("60"), ApplyMethod: "pending-reboot"},
		{ParameterName: aws.String("work_mem"), ParameterValue: aws.String("8192"), ApplyMethod: "pending-reboot"}, // may be applied at once
		{ParameterName: aws.String("log_min_duration_statement"), ParameterValue: aws.String("500"), ApplyMethod: "immediate"},
		{ParameterName: aws.String("superuser_reserved_connections"), ParameterValue: aws.String("3"), ApplyMethod: "pending-reboot"}, // RDS's own value
	} {
		_, err := c.ModifyDBParameterGroup(t.Context(), &rds.ModifyDBParameterGroupInput{DBParameterGroupName: &group, Parameters: []rdstypes.Parameter{p}})
		must(t, err)
		for _, source := range []*string{nil, aws.String("user")} {
			got, err := c.DescribeDBParameters(t.Context(), &rds.DescribeDBParametersInput{DBParameterGroupName: &group, Source: source})
			must(t, err)
			i := slices.IndexFunc(got.Parameters, func(o rdstypes.Parameter) bool { return *o.ParameterName == *p.ParameterName })
			if i < 0 {
				t.Errorf("%s is not there", *p.ParameterName)
				continue
			}
			if o := got.Parameters[i]; aws.ToString(o.ParameterValue) != *p.ParameterValue || o.ApplyMethod != p.ApplyMethod || aws.ToString(o.Source) != "user" {
				t.Errorf("%s is read back as %s, %s, of %s", *p.ParameterName, aws.ToString(o.ParameterValue), o.ApplyMethod, aws.ToString(o.Source))
			}
		}
	}
}

// Where a process listens it says itself; Terraform's word does not go over it.
func TestAnAddressOfThisMachineStays(t *testing.T) {
	w := newWorld(t)
	c, ctx := ssm.NewFromConfig(w.root()), t.Context()
	beside := w.root()
	beside.BaseEndpoint = aws.String(needMoto(t).URL.String())
	put := func(cfg aws.Config, name, value string, over bool) error {
		in := &ssm.PutParameterInput{Name: &name, Value: &value, Type: "String"}
		if over {
			in.Overwrite = aws.Bool(true)
		} else {
			in.Tags = []ssmtypes.Tag{{Key: aws.String("role"), Value: aws.String("network")}}
		}
		_, err := ssm.NewFromConfig(cfg).PutParameter(ctx, in)
		return err
	}
	const named = "https://d111111abcdef8.cloudfront.net"
	for _, tt := range []struct{ what, name, first, want string }{
		{"a process was first", "/chaotic-good/r86/shop", "http://127.0.0.1:4567", "http://127.0.0.1:4567"},
		{"a process has not spoken yet", "/chaotic-good/r86/prometheus", "", named},
		{"another value", "/chaotic-good/r86/replicas", "2", ""},
		{"another's parameter", "/theirs/shop", "http://127.0.0.1:4567", ""},
	} {
		if tt.first != "" {
			must(t, put(beside, tt.name, tt.first, true))
		}
		err := put(w.root(), tt.name, named, false)
		if tt.want == "" {
			wantCode(t, err, "ParameterAlreadyExists")
			continue
		}
		must(t, err)
		got, err := c.GetParameter(ctx, &ssm.GetParameterInput{Name: &tt.name})
		must(t, err)
		tags, err := c.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: "Parameter", ResourceId: &tt.name})
		must(t, err)
		if *got.Parameter.Value != tt.want || len(tags.TagList) != 1 {
			t.Errorf("%s: it says %s, want %s; its tags are %+v", tt.what, *got.Parameter.Value, tt.want, tags.TagList)
		}
	}
}
