package gateway

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
)

// budgetBook is what moto does not tell of budgets: who is told of a
// notification, and tags.
type budgetBook struct {
	mu    sync.Mutex
	told  map[notification][]any       // subscribers, as they were written
	marks map[string]map[string]string // tags by ARN
}

// notification is a budget's notification by all that AWS knows it by.
type notification struct{ budget, kind, operator, threshold, unit string }

func newBudgetBook() *budgetBook {
	return &budgetBook{told: map[notification][]any{}, marks: map[string]map[string]string{}}
}

// notificationOf reads one as a call gives it. 80 and 80.0 are the same.
func notificationOf(budget string, n any) notification {
	of := notification{budget, text(dig(n, "NotificationType")), text(dig(n, "ComparisonOperator")), text(dig(n, "Threshold")), text(dig(n, "ThresholdType"))}
	if f, err := strconv.ParseFloat(of.threshold, 64); err == nil {
		of.threshold = strconv.FormatFloat(f, 'g', -1, 64)
	}
	if of.unit == "" {
		of.unit = "PERCENTAGE"
	}
	return of
}

// createdBudget keeps what moto does not.
func createdBudget(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	b, name := g.budgets, r.str("Budget", "BudgetName")
	b.forget(name, r.budgetARN(name))
	b.mark(r.budgetARN(name), items(r.params["ResourceTags"]))
	for _, n := range items(r.params["NotificationsWithSubscribers"]) {
		b.subscribe(notificationOf(name, dig(n, "Notification")), items(dig(n, "Subscribers")))
	}
	return resp, nil
}

func deletedBudget(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.budgets.forget(r.str("BudgetName"), r.budgetARN(r.str("BudgetName")))
	return resp, nil
}

func createdNotification(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.budgets.subscribe(notificationOf(r.str("BudgetName"), r.params["Notification"]), items(r.params["Subscribers"]))
	return resp, nil
}

func deletedNotification(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.budgets.subscribe(notificationOf(r.str("BudgetName"), r.params["Notification"]), nil)
	return resp, nil
}

// describeSubscribers: AWS tells who is told of a notification; moto does not
// know the call.
func describeSubscribers(ctx context.Context, g *Gateway, r *request) (*response, error) {
	name := r.str("BudgetName")
	var there struct{}
	if err := g.moto.json(ctx, "budgets", "DescribeBudget", map[string]string{"AccountId": r.account, "BudgetName": name}, &there); err != nil {
		return nil, err
	}
	told := g.budgets.subscribers(notificationOf(name, r.params["Notification"]))
	if told == nil {
		return nil, badRequest("NotFoundException", "Unable to get subscribers - the notification doesn't exist.")
	}
	return answer(r, map[string]any{"Subscribers": told}), nil
}

// tagBudget: moto knows none of the calls about tags.
func tagBudget(_ context.Context, g *Gateway, r *request) (*response, error) {
	arn := r.str("ResourceARN")
	switch r.action {
	case "TagResource":
		g.budgets.mark(arn, items(r.params["ResourceTags"]))
	case "UntagResource":
		g.budgets.unmark(arn, r.list("ResourceTagKeys"))
	default:
		return answer(r, map[string]any{"ResourceTags": g.budgets.tags(arn)}), nil
	}
	return answer(r, map[string]any{}), nil
}

func (b *budgetBook) subscribe(n notification, who []any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if who == nil {
		delete(b.told, n)
		return
	}
	b.told[n] = who
}

func (b *budgetBook) subscribers(n notification) []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.told[n]
}

func (b *budgetBook) forget(name, arn string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.told, func(n notification, _ []any) bool { return n.budget == name })
	delete(b.marks, arn)
}

func (b *budgetBook) mark(arn string, tags []any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.marks[arn] == nil {
		b.marks[arn] = map[string]string{}
	}
	for _, t := range tags {
		b.marks[arn][text(dig(t, "Key"))] = text(dig(t, "Value"))
	}
}

func (b *budgetBook) unmark(arn string, keys []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.marks[arn], func(key, _ string) bool { return slices.Contains(keys, key) })
}

func (b *budgetBook) tags(arn string) []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(b.marks[arn])) {
		list = append(list, map[string]string{"Key": key, "Value": b.marks[arn][key]})
	}
	return list
}
