package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// ingressReceipt is what a rollback needs to put rules back.
type ingressReceipt struct {
	Group string        `json:"group"`
	Rules []ingressRule `json:"rules"`
}

// ingressRule is one rule of a security group: From is a group's id.
type ingressRule struct {
	ID       string `json:"id"`
	Protocol string `json:"protocol"`
	First    int32  `json:"first"`
	Last     int32  `json:"last"`
	From     string `json:"from"`
}

// planIngress finds the rules by which the group with role params["from"]
// reaches params["port"] of the group with role params["to"].
func planIngress(ctx context.Context, cfg aws.Config, t round.Target, params map[string]string) (round.Plan, error) {
	port, err := strconv.ParseInt(params["port"], 10, 32)
	if err != nil {
		return round.Plan{}, fmt.Errorf("port of the rule: %w", err)
	}
	api := ec2.NewFromConfig(cfg)
	to, err := groupOf(ctx, api, t.Round, params["to"])
	if err != nil {
		return round.Plan{}, err
	}
	from, err := groupOf(ctx, api, t.Round, params["from"])
	if err != nil {
		return round.Plan{}, err
	}
	receipt := ingressReceipt{Group: to}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(api, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{to}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return round.Plan{}, fmt.Errorf("read the rules of the group %s: %w", params["to"], err)
		}
		for _, r := range page.SecurityGroupRules {
			if admits(r, from, int32(port)) {
				receipt.Rules = append(receipt.Rules, ingressRule{
					ID: aws.ToString(r.SecurityGroupRuleId), Protocol: aws.ToString(r.IpProtocol),
					First: aws.ToInt32(r.FromPort), Last: aws.ToInt32(r.ToPort), From: from,
				})
			}
		}
	}
	if len(receipt.Rules) == 0 {
		return round.Plan{}, round.Refuse("no-target", "No rule lets the %s reach the %s, so there is nothing to take away.", params["from"], params["to"])
	}
	if params["from"] == infra.RoleTasks && params["to"] == infra.RoleDatabase {
		other, err := stillAdmitted(ctx, cfg, t.Round, receipt, from, int32(port))
		if err != nil {
			return round.Plan{}, err
		}
		if other != "" {
			return round.Plan{}, round.Refuse("no-effect", "%s lets the %s reach the %s as well, so nothing would break. Remove it first.",
				strings.ToUpper(other[:1])+other[1:], params["from"], params["to"])
		}
	}
	raw, err := json.Marshal(receipt)
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	targets := []string{receipt.Group}
	for _, r := range receipt.Rules {
		targets = append(targets, r.ID)
	}
	rules := "1 ingress rule"
	if n := len(receipt.Rules); n > 1 {
		rules = strconv.Itoa(n) + " ingress rules"
	}
	return round.Plan{Receipt: raw, Blast: fmt.Sprintf("%s of the %s's security group in %s; nothing outside it.", rules, params["to"], t.Round), Targets: targets}, nil
}

// admits reports whether the rule lets members of the group reach the port.
func admits(r types.SecurityGroupRule, from string, port int32) bool {
	if aws.ToBool(r.IsEgress) || r.ReferencedGroupInfo == nil || aws.ToString(r.ReferencedGroupInfo.GroupId) != from {
		return false
	}
	return covers(r, port)
}

func covers(r types.SecurityGroupRule, port int32) bool {
	if aws.ToString(r.IpProtocol) == "-1" {
		return true
	}
	return aws.ToString(r.IpProtocol) == "tcp" && aws.ToInt32(r.FromPort) <= port && port <= aws.ToInt32(r.ToPort)
}

// groupOf finds the round's security group with a role. The tag is the leash:
// a group without it is never touched. The name tells it from groups that a
// player has made and tagged alike: there is only one of a name in a network.
func groupOf(ctx context.Context, api *ec2.Client, id round.ID, role string) (string, error) {
	out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: []string{role}},
		{Name: aws.String("group-name"), Values: []string{infra.NamesOf(id).Group(role)}},
	}})
	if err != nil {
		return "", fmt.Errorf("find the group %s of %s: %w", role, id, err)
	}
	if len(out.SecurityGroups) != 1 {
		return "", fmt.Errorf("find the group %s of %s: there are %d", role, id, len(out.SecurityGroups))
	}
	return aws.ToString(out.SecurityGroups[0].GroupId), nil
}

func revokeIngress(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readIngress(raw)
	if err != nil {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	leashed, err := leashedGroup(ctx, api, t.Round, receipt.Group)
	if err != nil {
		return err
	}
	if !leashed {
		return fmt.Errorf("revoke rules of %s: it is gone, or does not carry the tag of %s any more", receipt.Group, t.Round)
	}
	for _, r := range receipt.Rules {
		_, err := api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: &receipt.Group, SecurityGroupRuleIds: []string{r.ID},
		})
		if err != nil && !coded(err, "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound") {
			return fmt.Errorf("revoke %s of %s: %w", r.ID, receipt.Group, err)
		}
	}
	return nil
}

// restoreIngress puts back the rules that are missing. A rule that the player
// put back, and a group that is gone, are left as they are.
func restoreIngress(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readIngress(raw)
	if err != nil {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	if leashed, err := leashedGroup(ctx, api, t.Round, receipt.Group); err != nil || !leashed {
		return err
	}
	for _, r := range receipt.Rules {
		p := types.IpPermission{IpProtocol: &r.Protocol, UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &r.From}}}
		if r.Protocol != "-1" {
			p.FromPort, p.ToPort = &r.First, &r.Last
		}
		_, err := api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &receipt.Group, IpPermissions: []types.IpPermission{p},
		})
		if err != nil && !coded(err, "InvalidPermission.Duplicate", "InvalidGroup.NotFound") {
			return fmt.Errorf("put %s of %s back: %w", r.ID, receipt.Group, err)
		}
	}
	return nil
}

// leashedGroup reports whether the round's group is still there, with its tag.
func leashedGroup(ctx context.Context, api *ec2.Client, id round.ID, group string) (bool, error) {
	out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("group-id"), Values: []string{group}},
	}})
	if err != nil {
		return false, fmt.Errorf("find the group %s of %s: %w", group, id, err)
	}
	return len(out.SecurityGroups) == 1, nil
}

func readIngress(raw json.RawMessage) (r ingressReceipt, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the receipt: %w", err)
	}
	if r.Group == "" {
		return r, errors.New("read the receipt: it names no group")
	}
	return r, nil
}

// coded reports whether AWS answered with one of these error codes.
func coded(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, c := range codes {
		if api.ErrorCode() == c {
			return true
		}
	}
	return false
}
