package gateway

import (
	"context"
	"strings"
)

// budgetRights are the two rights that Budgets has for its calls about budgets
// and their notifications.
var budgetRights = map[bool]string{true: "budgets:ViewBudget", false: "budgets:ModifyBudget"}

// right is what IAM calls the permission for the call: nearly always its name.
func (r *request) right() string {
	if r.service == "budgets" && !strings.Contains(r.action, "Resource") {
		return budgetRights[r.readOnly()]
	}
	return r.name()
}

var budgetSubjects = map[string]subjects{
	"CreateBudget":                       budget("Budget", "BudgetName"),
	"CreateNotification":                 budget("BudgetName"),
	"DeleteBudget":                       budget("BudgetName"),
	"DeleteNotification":                 budget("BudgetName"),
	"DescribeBudget":                     budget("BudgetName"),
	"DescribeNotificationsForBudget":     budget("BudgetName"),
	"DescribeSubscribersForNotification": budget("BudgetName"),
	"ListTagsForResource":                exactly("ResourceARN"),
	"TagResource":                        exactly("ResourceARN"),
	"UntagResource":                      exactly("ResourceARN"),
}

func budget(path ...string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		return []string{r.budgetARN(r.str(path...))}, nil
	}
}

// budgetARN names a budget, which has no region.
func (r *request) budgetARN(name string) string {
	return "arn:aws:budgets::" + r.account + ":budget/" + name
}

var alarmSubjects = map[string]subjects{
	"PutMetricAlarm": named("alarm:", "AlarmName"),
	"DeleteAlarms":   named("alarm:", "AlarmNames"),
	"TagResource":    exactly("ResourceARN"),
}
