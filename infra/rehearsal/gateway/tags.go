package gateway

import (
	"context"
	"maps"
	"net/url"
	"strings"
)

// tags looks up a resource's tags in moto. Kinds that it does not know have
// none.
func (u *upstream) tags(ctx context.Context, arn string) (map[string]string, error) {
	part := strings.SplitN(arn, ":", 6)
	if len(part) != 6 || strings.HasSuffix(arn, "/*") {
		return nil, nil
	}
	switch service, rest := part[2], part[5]; service {
	case "ec2":
		if name, ok := strings.CutPrefix(rest, "key-pair/"); ok {
			if strings.HasPrefix(name, "key-") { // what is tagged is named by its id
				if _, tags, err := u.keyPair(ctx, "key-pair-id", name); err != nil || tags != nil {
					return tags, err
				}
			}
			_, tags, err := u.keyPair(ctx, "key-name", name)
			return tags, err
		}
		return u.queryTags(ctx, "ec2", "DescribeTags", url.Values{
			"Filter.1.Name": {"resource-id"}, "Filter.1.Value.1": {last(rest, "/")}}, "tagSet")
	case "rds":
		return u.queryTags(ctx, "rds", "ListTagsForResource", url.Values{"ResourceName": {arn}}, "TagList")
	case "elasticloadbalancing":
		return u.queryTags(ctx, service, "DescribeTags", url.Values{"ResourceArns.member.1": {arn}}, "Tags")
	case "iam":
		if name, ok := strings.CutPrefix(rest, "user/"); ok {
			return u.queryTags(ctx, "iam", "ListUserTags", url.Values{"UserName": {last(name, "/")}}, "Tags")
		}
		return nil, nil
	case "ecs":
		if name, ok := strings.CutPrefix(rest, "task/"); ok {
			return u.taskTags(ctx, arn, name)
		}
		return u.jsonTags(ctx, "ecs", "ListTagsForResource", map[string]string{"resourceArn": arn})
	case "secretsmanager":
		return u.jsonTags(ctx, service, "DescribeSecret", map[string]string{"SecretId": arn})
	case "ssm":
		if name, ok := strings.CutPrefix(rest, "parameter"); ok {
			return u.jsonTags(ctx, "ssm", "ListTagsForResource", map[string]string{"ResourceType": "Parameter", "ResourceId": name})
		}
		return nil, nil
	case "cloudfront":
		if strings.HasPrefix(rest, "distribution/") {
			return u.distributionTags(ctx, rest)
		}
		return nil, nil
	case "cognito-idp":
		return u.poolTags(ctx, last(rest, "/"))
	case "sqs":
		var got struct{ Tags map[string]string }
		err := u.json(ctx, "sqs", "ListQueueTags", map[string]string{"QueueUrl": u.queueURL(rest)}, &got)
		return got.Tags, err
	}
	return nil, nil
}

// taskTags: a service of the stack hands its tags on to its tasks on AWS; in
// moto a task has only its own.
func (u *upstream) taskTags(ctx context.Context, arn, name string) (map[string]string, error) {
	tags, err := u.jsonTags(ctx, "ecs", "ListTagsForResource", map[string]string{"resourceArn": arn})
	if err != nil {
		return nil, err
	}
	cluster, _, _ := strings.Cut(name, "/")
	tasks, err := u.tasks(ctx, cluster, []string{arn})
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if service, ok := strings.CutPrefix(t.Group, "service:"); ok && t.ARN == arn {
			of := strings.TrimSuffix(arn, "task/"+name) + "service/" + cluster + "/" + service
			handed, err := u.jsonTags(ctx, "ecs", "ListTagsForResource", map[string]string{"resourceArn": of})
			maps.Copy(tags, handed)
			return tags, err
		}
	}
	return tags, nil
}

// xmlTag fits every query service's spelling: EC2 writes key and value small.
type xmlTag struct {
	Key    string `xml:"Key"`
	Value  string `xml:"Value"`
	Small  string `xml:"key"`
	SmallV string `xml:"value"`
}

func (u *upstream) queryTags(ctx context.Context, service, action string, form url.Values, list string) (map[string]string, error) {
	var answer struct {
		Inner []byte `xml:",innerxml"`
	}
	if err := u.query(ctx, service, action, form, &answer); err != nil {
		return nil, err
	}
	var got struct {
		Item   []xmlTag `xml:"item"`   // EC2
		Tag    []xmlTag `xml:"Tag"`    // RDS
		Member []xmlTag `xml:"member"` // the others
	}
	if err := inside(answer.Inner, list, &got); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range append(append(got.Item, got.Tag...), got.Member...) {
		tags[t.Key+t.Small] = t.Value + t.SmallV
	}
	return tags, nil
}

func (u *upstream) jsonTags(ctx context.Context, service, action string, in any) (map[string]string, error) {
	// Names are matched without regard to case, so ECS's small ones fit too.
	type tag struct{ Key, Value string }
	var got struct{ Tags, TagList []tag }
	if err := u.json(ctx, service, action, in, &got); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range append(got.Tags, got.TagList...) {
		tags[t.Key] = t.Value
	}
	return tags, nil
}

// queueURL is the address by which moto itself knows a queue.
func (u *upstream) queueURL(name string) string {
	return u.base.Scheme + "://" + u.base.Host + "/" + u.account + "/" + name
}

// tagsFor are the tags that a call to EC2 gives to things of one kind that it
// makes.
func (r *request) tagsFor(kind string) map[string]string {
	tags := map[string]string{}
	for _, spec := range items(r.params["TagSpecification"]) {
		if text(dig(spec, "ResourceType")) != kind {
			continue
		}
		for _, t := range items(dig(spec, "Tag")) {
			tags[text(dig(t, "Key"))] = text(dig(t, "Value"))
		}
	}
	return tags
}

// requestTags are the tags that a call sets, and the keys of those that it
// sets or removes.
func (r *request) requestTags() (tags map[string]string, keys []string) {
	tags = map[string]string{}
	add := func(list any) {
		switch list := list.(type) {
		case map[string]any: // SQS, EKS: a map
			for k, v := range list {
				tags[k] = text(v)
				keys = append(keys, k)
			}
		case []any:
			for _, t := range list {
				key := text(dig(t, "Key")) + text(dig(t, "key"))
				if key == "" {
					continue
				}
				tags[key] = text(dig(t, "Value")) + text(dig(t, "value"))
				keys = append(keys, key)
			}
		}
	}
	for _, name := range []string{"Tag", "Tags", "tags"} {
		add(r.params[name])
	}
	for _, spec := range items(r.params["TagSpecification"]) {
		add(dig(spec, "Tag"))
	}
	for _, name := range []string{"TagKeys", "tagKeys"} {
		keys = append(keys, r.list(name)...)
	}
	if strings.HasPrefix(r.action, "Delete") || strings.HasPrefix(r.action, "Remove") || strings.HasPrefix(r.action, "Untag") {
		clear(tags) // a key that goes away is no tag of the request
	}
	return tags, keys
}
