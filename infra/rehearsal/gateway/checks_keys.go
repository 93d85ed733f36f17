package gateway

import (
	"context"
	"net/url"
)

// keyPair is a key pair by its name, which is how AWS's ARNs call it; a call may
// say its id.
func keyPair(ctx context.Context, u *upstream, r *request) ([]string, error) {
	if name := r.str("KeyName"); name != "" {
		return []string{r.arn("ec2", "key-pair/"+name)}, nil
	}
	id := r.str("KeyPairId")
	if id == "" {
		return nil, nil
	}
	name, _, err := u.keyPair(ctx, "key-pair-id", id)
	if err != nil || name == "" {
		return []string{r.arn("ec2", "key-pair/"+id)}, err
	}
	return []string{r.arn("ec2", "key-pair/"+name)}, nil
}

// keyPair looks up a key pair's name and tags.
func (u *upstream) keyPair(ctx context.Context, filter, value string) (name string, tags map[string]string, err error) {
	var got struct {
		List []struct {
			Name string   `xml:"keyName"`
			Tags []xmlTag `xml:"tagSet>item"`
		} `xml:"keySet>item"`
	}
	form := url.Values{}
	setFilter(form, 1, filter, []any{value})
	if err := u.query(ctx, "ec2", "DescribeKeyPairs", form, &got); err != nil || len(got.List) == 0 {
		return "", nil, err
	}
	tags = map[string]string{}
	for _, t := range got.List[0].Tags {
		tags[t.Key+t.Small] = t.Value + t.SmallV
	}
	return got.List[0].Name, tags, nil
}
