package resources

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// plan is what Terraform writes of a small one: a module with two instances of a
// bucket, what guards it, a document that is read later, and outputs.
const plan = `{
	"format_version": "1.2", "terraform_version": "1.10.0",
	"resource_changes": [
		{"address": "module.files[\"a.b\"].aws_s3_bucket.this", "mode": "managed", "type": "aws_s3_bucket", "name": "this", "change": {
			"actions": ["create"],
			"after": {"bucket": "files", "force_destroy": null, "tags": {"role": "files"}, "rule": [{"status": "on"}]},
			"after_unknown": {"id": true, "acl": true, "tags": {"Name": true}, "tags_all": true, "rule": [{"id": true}], "grant": []},
			"after_sensitive": {"rule": [{"status": true}]}}},
		{"address": "module.files[\"a.b\"].aws_s3_bucket_policy.this", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "this", "change": {
			"actions": ["create"], "after": {}, "after_unknown": {"bucket": true, "policy": true}}},
		{"address": "module.files[\"a.b\"].data.aws_iam_policy_document.this", "mode": "data", "type": "aws_iam_policy_document", "name": "this", "change": {
			"actions": ["read"], "after": {"statement": []}, "after_unknown": {"json": true}}},
		{"address": "aws_instance.gone", "mode": "managed", "type": "aws_instance", "name": "gone", "change": {
			"actions": ["delete"], "before": {"instance_type": "t3.micro"}, "after": null}},
		{"address": "aws_eip.this[0]", "mode": "managed", "type": "aws_eip", "name": "this", "index": 0, "change": {
			"actions": ["delete", "create"], "after": {"domain": "vpc"}, "after_unknown": {}}}
	],
	"output_changes": {
		"shop": {"actions": ["create"], "after_unknown": true, "after_sensitive": false},
		"login": {"actions": ["create"], "after": "correct horse", "after_unknown": false, "after_sensitive": true},
		"old": {"actions": ["delete"], "after": null}
	},
	"prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [
		{"address": "data.aws_caller_identity.this", "mode": "data", "type": "aws_caller_identity", "name": "this", "values": {"account_id": "123456789012"}},
		{"address": "aws_instance.gone", "mode": "managed", "type": "aws_instance", "name": "gone", "values": {"instance_type": "t3.micro"}}
	]}}},
	"configuration": {"root_module": {
		"resources": [{"address": "aws_eip.this", "mode": "managed", "type": "aws_eip", "name": "this", "expressions": {"domain": {"constant_value": "vpc"}}}],
		"module_calls": {"files": {"module": {"resources": [
			{"address": "aws_s3_bucket.this", "mode": "managed", "type": "aws_s3_bucket", "name": "this", "expressions": {
				"bucket": {"references": ["var.name"]}, "tags": {"references": ["aws_vpc.this.id", "aws_vpc.this"]},
				"rule": [{"status": {"constant_value": "on"}}]}},
			{"address": "aws_s3_bucket_policy.this", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "this", "expressions": {
				"bucket": {"references": ["aws_s3_bucket.this.id", "aws_s3_bucket.this"]},
				"policy": {"references": ["data.aws_iam_policy_document.this.json", "data.aws_iam_policy_document.this"]}}},
			{"address": "data.aws_iam_policy_document.this", "mode": "data", "type": "aws_iam_policy_document", "name": "this", "expressions": {}}
		]}}}
	}}
}`

func readPlan(t *testing.T) Stack {
	t.Helper()
	var p tfjson.Plan
	if err := json.Unmarshal([]byte(plan), &p); err != nil {
		t.Fatal(err)
	}
	return OfPlan(&p)
}

func find(t *testing.T, s Stack, address string) Resource {
	t.Helper()
	for _, r := range s.Resources {
		if r.Address == address {
			return r
		}
	}
	t.Fatalf("there is no %s", address)
	return Resource{}
}

func TestAPlanIsWhatWillBe(t *testing.T) {
	s := readPlan(t)
	var all []string
	for _, r := range s.Resources {
		all = append(all, r.Address)
	}
	want := []string{
		"aws_eip.this[0]", "data.aws_caller_identity.this", `module.files["a.b"].aws_s3_bucket.this`,
		`module.files["a.b"].aws_s3_bucket_policy.this`, `module.files["a.b"].data.aws_iam_policy_document.this`,
	}
	if !slices.Equal(all, want) {
		t.Errorf("%q", all)
	}
	outputs := []Output{{"login", true, "correct horse"}, {"shop", false, Unknown()}}
	if !reflect.DeepEqual(s.Outputs, outputs) {
		t.Errorf("%+v", s.Outputs)
	}
}

func TestWhatIsUnknownAndWhatIsLeftOut(t *testing.T) {
	r := find(t, readPlan(t), `module.files["a.b"].aws_s3_bucket.this`)
	want := map[string]any{
		"bucket": "files", "force_destroy": nil,
		"id": nil, "acl": nil, // nobody wrote them
		"tags": map[string]any{"role": "files", "Name": Unknown()}, "tags_all": Unknown(),
		"rule": []any{map[string]any{"status": "on", "id": Unknown()}},
	}
	if !reflect.DeepEqual(r.Values, want) {
		t.Errorf("%v\nwant %v", r.Values, want)
	}
	if r.Block != "module.files.aws_s3_bucket.this" || r.Key() != "" || !r.Writes("bucket") || r.Writes("acl") {
		t.Errorf("%+v", r)
	}
	if !slices.Equal(r.Secrets, []string{"on"}) {
		t.Errorf("secrets: %q", r.Secrets)
	}
	policy := find(t, readPlan(t), `module.files["a.b"].aws_s3_bucket_policy.this`)
	if !IsUnknown(policy.Values["policy"]) || IsUnknown(r.Values["bucket"]) || IsUnknown(nil) {
		t.Errorf("%v", policy.Values)
	}
	if want := []string{"module.files.aws_s3_bucket.this", "module.files.data.aws_iam_policy_document.this"}; !slices.Equal(policy.References, want) {
		t.Errorf("mentions %q", policy.References)
	}
	if d := find(t, readPlan(t), `module.files["a.b"].data.aws_iam_policy_document.this`); !d.Data || !IsUnknown(d.Values["json"]) {
		t.Errorf("%+v", d)
	}
	if eip := find(t, readPlan(t), "aws_eip.this[0]"); eip.Key() != "[0]" || eip.Block != "aws_eip.this" {
		t.Errorf("%+v", eip)
	}
}

func TestAStateMentionsByIds(t *testing.T) {
	const text = `{"format_version": "1.0", "terraform_version": "1.10.0", "values": {
		"outputs": {"shop": {"sensitive": false, "value": "https://example.org"}},
		"root_module": {"child_modules": [{"address": "module.files", "resources": [
			{"address": "module.files.aws_s3_bucket.this", "mode": "managed", "type": "aws_s3_bucket", "name": "this", "values": {"id": "files", "arn": "arn:aws:s3:::files"}},
			{"address": "module.files.aws_s3_bucket_policy.this", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "this", "values": {"id": "files", "bucket": "files"},
				"sensitive_values": {"bucket": true}},
			{"address": "module.files.aws_s3_object.this[\"a\"]", "mode": "managed", "type": "aws_s3_object", "name": "this", "index": "a", "values": {"id": "a", "bucket": "files"}}
		]}]}}}`
	var state tfjson.State
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	s := OfState(&state)
	object := find(t, s, `module.files.aws_s3_object.this["a"]`)
	if !slices.Contains(object.References, "module.files.aws_s3_bucket.this") || slices.Contains(object.References, object.Block) || !object.Writes("acl") || object.Key() != `["a"]` {
		t.Errorf("%+v", object)
	}
	if p := find(t, s, "module.files.aws_s3_bucket_policy.this"); !slices.Equal(p.Secrets, []string{"files"}) {
		t.Errorf("%+v", p)
	}
	if want := []Output{{"shop", false, "https://example.org"}}; !reflect.DeepEqual(s.Outputs, want) {
		t.Errorf("%+v", s.Outputs)
	}
}

func TestNothingIsEmpty(t *testing.T) {
	for _, s := range []Stack{OfPlan(nil), OfState(nil), OfState(&tfjson.State{}), OfPlan(&tfjson.Plan{})} {
		if len(s.Resources) > 0 || len(s.Outputs) > 0 {
			t.Errorf("%+v", s)
		}
	}
}
