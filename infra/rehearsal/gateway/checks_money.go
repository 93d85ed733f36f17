package gateway

import (
	"context"
	"strings"
)

// budgetRights are the two rights that Budgets has for all of its calls.
var budgetRights = map[bool]string{true: "budgets:ViewBudget", false: "budgets:ModifyBudget"}

// right is what IAM calls the permission for the call: nearly always its name.
func (r *request) right() string {
	if r.service == "budgets" && strings.Contains(r.action, "Budget") {
		return budgetRights[r.readOnly()]
	}
	return r.name()
}

var budgetSubjects = map[string]subjects{
	"DescribeBudget": budget,
	"DeleteBudget":   budget,
}

// budget is a budget's ARN, which names no region.
func budget(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{"arn:aws:budgets::" + r.account + ":budget/" + r.str("BudgetName")}, nil
}

var alarmSubjects = map[string]subjects{
	"PutMetricAlarm": named("alarm:", "AlarmName"),
	"DeleteAlarms":   named("alarm:", "AlarmNames"),
}
