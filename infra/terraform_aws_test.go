package infra

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra/tftest"
)

// musts are what only AWS would show when it is wrong, mostly at the end of a
// round: what cannot be removed, what is open, what is not encrypted.
var musts = []struct {
	kind string
	path []string
	want string
}{
	{"aws_db_instance", []string{"skip_final_snapshot"}, "true"},
	{"aws_db_instance", []string{"delete_automated_backups"}, "true"},
	{"aws_db_instance", []string{"deletion_protection"}, "false"},
	{"aws_db_instance", []string{"storage_encrypted"}, "true"},
	{"aws_db_instance", []string{"publicly_accessible"}, "false"},
	{"aws_db_instance", []string{"manage_master_user_password"}, "true"},
	{"aws_db_instance", []string{"password"}, ""},
	{"aws_s3_bucket", []string{"force_destroy"}, "true"},
	{"aws_s3_bucket_public_access_block", []string{"block_public_acls"}, "true"},
	{"aws_s3_bucket_public_access_block", []string{"block_public_policy"}, "true"},
	{"aws_s3_bucket_public_access_block", []string{"ignore_public_acls"}, "true"},
	{"aws_s3_bucket_public_access_block", []string{"restrict_public_buckets"}, "true"},
	{"aws_s3_bucket_server_side_encryption_configuration", []string{"rule", "apply_server_side_encryption_by_default", "sse_algorithm"}, "AES256"},
	{"aws_ecr_repository", []string{"force_delete"}, "true"},
	{"aws_route53_zone", []string{"force_destroy"}, "true"},
	{"aws_secretsmanager_secret", []string{"recovery_window_in_days"}, "0"},
	{"aws_cognito_user_pool", []string{"deletion_protection"}, "INACTIVE"},
	{"aws_cognito_user_pool", []string{"admin_create_user_config", "allow_admin_create_user_only"}, "true"},
	{"aws_cognito_user", []string{"password"}, ""},
	{"aws_cognito_user", []string{"temporary_password"}, ""},
	{"aws_lb", []string{"enable_deletion_protection"}, "false"},
	{"aws_lb_target_group", []string{"deregistration_delay"}, "10"},
	{"aws_launch_template", []string{"metadata_options", "http_tokens"}, "required"},
	{"aws_ecs_service", []string{"deployment_circuit_breaker", "enable"}, ""},
	{"aws_cloudfront_distribution", []string{"wait_for_deployment"}, "false"},
	{"aws_cloudfront_distribution", []string{"default_cache_behavior", "viewer_protocol_policy"}, "redirect-to-https"},
	{"aws_cloudwatch_event_rule", []string{"state"}, "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
	{"aws_cloudwatch_log_group", []string{"retention_in_days"}, "7"},
	{"aws_sqs_queue", []string{"sqs_managed_sse_enabled"}, "true"},
	{"aws_wafv2_web_acl", []string{"scope"}, "CLOUDFRONT"},
	{"aws_cloudtrail", []string{"enable_logging"}, "true"},
}

// mustBeRightOnAWS looks at what a state holds; it is part of a stack's life.
func mustBeRightOnAWS(t *testing.T, all state) {
	t.Helper()
	for _, m := range musts {
		if len(all[m.kind]) == 0 {
			t.Errorf("there is no %s", m.kind)
		}
		for _, r := range all[m.kind] {
			if got := r.at(m.path...).String(); got != m.want {
				t.Errorf("%s %s: %s is %q, want %q", m.kind, r.at("id"), strings.Join(m.path, "."), got, m.want)
			}
		}
	}
	for _, kind := range []string{"aws_nat_gateway", "aws_iam_user", "aws_iam_access_key", "aws_secretsmanager_secret_version", "aws_security_group_rule"} {
		if len(all[kind]) > 0 {
			t.Errorf("there is a %s", kind)
		}
	}
	for _, r := range all["aws_vpc_security_group_ingress_rule"] {
		if open := r.at("cidr_ipv4").String(); open == "0.0.0.0/0" || r.at("from_port").String() == "22" {
			t.Errorf("port %s is open to %s", r.at("from_port"), open)
		}
	}
	for _, r := range all["aws_security_group"] {
		if r.at("name").String() == "" || len(r.at("ingress").list()) > 0 {
			t.Errorf("the group %s has rules of its own, which the others would fight", r.at("name"))
		}
	}
	// What an instance brings along gets no tags from the provider.
	for _, r := range all["aws_launch_template"] {
		kinds := map[string]bool{}
		for _, s := range r.at("tag_specifications").list() {
			kinds[s.at("resource_type").String()] = s.at("tags").tags()[TagRound] == "R7" && s.at("tags").tags()[TagRole] == RoleBox
		}
		if !kinds["instance"] || !kinds["network-interface"] || !kinds["volume"] {
			t.Errorf("what starts from the template is the round's: %v", kinds)
		}
	}
	for _, r := range all["aws_instance"] {
		if disk := r.at("root_block_device", "tags"); disk.any != nil && len(disk.tags()) > 0 && disk.tags()[TagRound] != "R7" {
			t.Errorf("the disk of %s has the tags %v", r.at("tags", "Name"), disk.tags())
		}
	}
	tagged := 0
	for kind, some := range all {
		for _, r := range some {
			tags := r.at("tags_all")
			if strings.HasPrefix(kind, "data.") || tags.any == nil {
				continue
			}
			tagged++
			for key, want := range map[string]string{TagProject: Project, TagRound: "R7", TagExpires: "2026-11-23T19:35:00Z"} {
				if got := tags.tags()[key]; got != want {
					t.Errorf("%s %s: the tag %s is %q", kind, r.at("id"), key, got)
				}
			}
			if role := tags.tags()[TagRole]; role == "" && !strings.Contains(kind, "_rule") {
				t.Errorf("%s %s has no role", kind, r.at("id"))
			}
		}
	}
	t.Logf("%d things must be so, %d resources are tagged", len(musts), tagged)
}

// stackLogs are the log groups of a stack.
func stackLogs(n Names) []string {
	logs := []string{n.Logs("box"), n.Logs("flow"), "/aws/rds/instance/" + n.Database + "/postgresql"}
	for _, s := range Services() {
		logs = append(logs, n.Logs(s.Name))
	}
	for _, j := range Jobs() {
		logs = append(logs, n.Logs(j.Name))
	}
	return logs
}

// mustBearGoNames compares names that hold more than the round's number.
func mustBearGoNames(t *testing.T, all state, n Names) {
	t.Helper()
	logs := stackLogs(n)
	buckets := []string{n.Bucket("files", "123456789012"), n.Bucket("logs", "123456789012"), n.Bucket("site", "123456789012")}
	for kind, want := range map[string][]string{"aws_cloudwatch_log_group": logs, "aws_s3_bucket": buckets} {
		var got []string
		for _, r := range all[kind] {
			got = append(got, r.at("name").String()+r.at("bucket").String())
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}

var setting = regexp.MustCompile(`(?m)^LOG_(FILES|FILE_MB)=(\d+)$`)

// The box's log has to fill its disk when it says everything, and to fit on one
// twice as large: a fault and a repair go by that.
func TestTheBoxKeepsMoreOfItsLogThanItsDiskHas(t *testing.T) {
	text, err := os.ReadFile("terraform/modules/box/box.sh.tftpl")
	if err != nil {
		t.Fatal(err)
	}
	kept := 1
	for _, m := range setting.FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(m[2]) // digits
		kept *= n
	}
	if disk := LogVolume * 1024; kept < disk*5/4 || kept > 2*disk*4/5 {
		t.Errorf("the log may have %d MB of a disk of %d MiB", kept, disk)
	}
}

// mustHaveGoRights holds every role's documents to what Go renders: templatefile
// and render fill in the same names.
func mustHaveGoRights(t *testing.T, all state, n Names) {
	t.Helper()
	documents := map[string][2]string{ // by role: who takes it, and what it may
		n.TasksRole: {TasksTrust, TasksPolicy}, n.BoxRole: {"hosts-trust", "box"},
		n.MonitoringRole: {"hosts-trust", "monitoring"}, n.Prefix + "-flow": {"flow-trust", "flow"},
	}
	same := func(role, document, text string) {
		t.Helper()
		want, err := Policy(document, PolicyInputs{Names: n, Account: "123456789012", Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		if got := canonicalJSON(text); got != canonicalJSON(want) {
			t.Errorf("%s: %s is\n%s\nwant\n%s", role, document, got, canonicalJSON(want))
		}
	}
	for _, kind := range []string{"aws_iam_role", "aws_iam_role_policy"} {
		if len(all[kind]) != len(documents) {
			t.Errorf("%d of %s, want %d", len(all[kind]), kind, len(documents))
		}
	}
	for _, r := range all["aws_iam_role"] {
		name := r.at("name").String()
		same(name, documents[name][0], r.at("assume_role_policy").String())
		if r.at("path").String() != n.Path {
			t.Errorf("%s stands below %s", name, r.at("path"))
		}
	}
	for _, r := range all["aws_iam_role_policy"] {
		name := r.at("role").String()
		same(name, documents[name][1], r.at("policy").String())
	}
}

func TestWrongInputsAreRefused(t *testing.T) {
	c := needTerraform(t)
	// Each group of mistakes is one look: Terraform names all of them at once.
	for _, mistakes := range []map[string]string{
		{
			"round=0":                     "A round's number",
			"region=virginia":             "The region is written",
			"expires=tomorrow":            "The expiry is written",
			"release=latest":              "A release is written",
			"box_public_key=ssh-rsa A":    "The key is an ssh-ed25519 one",
			"database_secret=a/database":  "of Secrets Manager",
			"player_email=ana":            "var.player_email is",
			"admin_email=a b@c":           "var.admin_email is",
			"alerts=pigeon":               "by webhook or by polling",
			`access=["0.0.0.0/0"]`:        "never the whole internet",
			"monitoring_type=m5.24xlarge": "The monitoring host is",
			"budget=100000":               "between 1 and 200 USD",
		},
		{"round=1.5": "A round's number", `access=["203.0.113.7"]`: "CIDR range"},
	} {
		cmd := exec.CommandContext(t.Context(), c.ExecPath(), "console", "-no-color")
		cmd.Dir, cmd.Stdin = c.Dir, strings.NewReader("local.names.prefix\n")
		for _, v := range slices.Concat(tftest.Vars(), slices.Collect(maps.Keys(mistakes))) { // the last one counts
			cmd.Args = append(cmd.Args, "-var", v)
		}
		out, _ := cmd.CombinedOutput() // its status says nothing
		said := strings.Join(strings.Fields(string(out)), " ")
		for input, says := range mistakes {
			if !strings.Contains(said, says) {
				t.Errorf("%s: want a refusal with %q, got %s", input, says, said)
			}
		}
		if got := strings.Count(said, "Invalid value for variable"); got != len(mistakes) {
			t.Errorf("%d refusals for %d mistakes", got, len(mistakes))
		}
	}
}
