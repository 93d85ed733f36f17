package infra

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/chaotic-good/scenarios/monitoring"
)

const hostValues = `{ round = "R7", region = "us-east-1", cluster = "chaotic-r7", prefix = "chaotic-r7", port_app = 8080,
address = "192.0.2.7", alerts = "webhook", files = "chaotic-r7-files-1", database_host = "db.example", database_port = 5432,
database_name = "shop", operator = "arn:aws:secretsmanager:us-east-1:1:secret:rds!db-1", webhook = "chaotic-r7/webhook",
login = "chaotic-r7/monitoring", logs_queue = "https://sqs.example/1/logs", log_groups = "/chaotic-good/R7/",
log_database = "/aws/rds/instance/chaotic-r7-database/", configuration = "abc", sums = { %s } }`

// hostMachine is the monitoring host with its files in "S3".
func hostMachine(t *testing.T) machine {
	t.Helper()
	files, err := monitoring.Host(monitoring.AWS(), monitoring.HostFacts{
		Round: "R7", Region: "us-east-1", PortApp: PortApp, PortNode: PortNode, Webhook: "https://bot.example.org/alerts/R7",
	})
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, map[string]string{
		// Each call fails once; then S3 has its files, and secrets their values.
		"aws": `echo "$*" >>"$ROOT/asked"
[ "$(grep -cxF -- "$*" "$ROOT/asked")" -gt 1 ] || exit 1
case "$*" in
"s3 cp"*) cp -r "$ROOT/bucket/." "${@: -1}" ;;
*get-secret-value*webhook*) echo '{"token": "abc"}' ;;
*get-secret-value*rds!db*) echo '{"username": "operator", "password": "p"}' ;;
*get-secret-value*) cat "$ROOT/secret" ;;
*put-secret-value*) cp login.json "$ROOT/secret" ;;
esac`,
		"docker": `case "$1 $2" in
"container inspect") cat "$ROOT/made-${@: -1}" 2>/dev/null ;;
"image inspect") exit 1 ;;
"pull -q") [ "$(grep -cxF "docker $*" "$CALLS")" -gt 1 ] ;;
"run -d") [ ! -e "$ROOT/no-$4" ] && echo "${6#spec=}" >"$ROOT/made-$4" ;;
esac`,
		"nginx": "", "curl": "",
		"openssl": `PATH=${PATH#*:} exec openssl "$@"`,
	})
	var sums []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := string(files[name])
		sums = append(sums, strconv.Quote(name)+" = "+strconv.Quote(sumOf(text)))
		if strings.HasSuffix(name, ".sh") {
			text = m.here(text)
			sums[len(sums)-1] = strconv.Quote(name) + " = " + strconv.Quote(sumOf(text))
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(m.dir, "bucket", name)), 0o755); err != nil {
			t.Fatal(err)
		}
		m.write(t, "bucket/"+name, text)
	}
	values := strings.ReplaceAll(fmt.Sprintf(hostValues, strings.Join(sums, ", ")), "\n", " ")
	m.write(t, "userdata", m.here(rendered(t, needTerraform(t), "monitoring", "host.sh.tftpl", values)))
	return m
}

// The host comes up although each call fails once, does so in the order in which
// its parts need each other, and a later boot keeps what it has.
func TestTheMonitoringHostComesUpByItself(t *testing.T) {
	m := hostMachine(t)
	calls, err := m.run(t, "userdata")
	if err != nil || !strings.Contains(calls, "systemctl enable -q monitoring\nsystemctl start --no-block monitoring") {
		t.Fatalf("the user data starts no unit: %v", err)
	}
	if _, err := m.run(t, "usr/local/sbin/monitoring"); err == nil {
		t.Error("S3 failed, and it did not")
	}
	m.write(t, "no-elasticsearch", "")
	if _, err := m.run(t, "usr/local/sbin/monitoring"); err == nil {
		t.Error("Elasticsearch did not start, and it did not fail")
	}
	for _, first := range []string{"prometheus", "alertmanager", "grafana", "postgres_exporter"} {
		if _, err := os.Stat(filepath.Join(m.dir, "made-"+first)); err != nil {
			t.Errorf("without Elasticsearch there is no %s", first)
		}
	}
	certificate := m.read(t, "etc/monitoring/certificate.pem")
	if secret := m.read(t, "secret"); !strings.Contains(secret, strings.SplitAfter(certificate, "\n")[1][:60]) {
		t.Errorf("the secret is %s", secret)
	}
	if err := os.Remove(filepath.Join(m.dir, "no-elasticsearch")); err != nil {
		t.Fatal(err)
	}
	calls, err = m.run(t, "usr/local/sbin/monitoring")
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, next := range []string{
		"nginx -t", "reload-or-restart nginx", "docker start alertmanager", "docker start prometheus", "systemctl enable -q --now targets",
		"docker run -d --name elasticsearch", "_cluster/health", "docker run -d --name filebeat", "docker run -d --name kibana", "data_views/default",
	} {
		n := strings.Index(calls, next)
		if n < at || n < 0 {
			t.Errorf("%q does not come after what it needs", next)
		}
		at = n
	}
	for name, mode := range map[string]os.FileMode{
		"etc/monitoring/key.pem": 0o600, "etc/monitoring/password": 0o600, "etc/monitoring/login": 0o640,
		"etc/monitoring/exporter.env": 0o600, "srv/alertmanager/token": 0o400, "srv/prometheus/prometheus.yml": 0o755, "etc/nginx/nginx.conf": 0o755,
	} {
		info, err := os.Stat(filepath.Join(m.dir, name))
		if err != nil || info.Mode().Perm()&^mode != 0 {
			t.Errorf("%s is %v, want %v; %v", name, info.Mode(), mode, err)
		}
	}
	if got := m.read(t, "srv/alertmanager/token"); got != "abc" {
		t.Errorf("the token is %q", got)
	}
	m.verify(t, "monitoring.service", "targets.service")

	// The rules came into force with the visitors; then the host boots again.
	if err := os.Rename(filepath.Join(m.dir, "srv/prometheus/rules.wait"), filepath.Join(m.dir, "srv/prometheus/rules/rules.yml")); err != nil {
		t.Fatal(err)
	}
	calls, err = m.run(t, "usr/local/sbin/monitoring")
	if err != nil {
		t.Fatal(err)
	}
	if m.read(t, "etc/monitoring/certificate.pem") != certificate {
		t.Error("a boot makes another certificate")
	}
	for _, never := range []string{"put-secret-value", "s3 cp", "docker run", "docker rm", "docker pull"} {
		if strings.Contains(calls, never) {
			t.Errorf("the next boot calls %s", never)
		}
	}
	if _, err := os.Stat(filepath.Join(m.dir, "srv/prometheus/rules.wait")); err == nil {
		t.Error("a boot has the rules wait once more")
	}
}

var (
	limit = regexp.MustCompile(`--memory (\d+)([mg])`)
	heap  = regexp.MustCompile(`-Xms(\d+)m -Xmx(\d+)m`)
)

// What runs on the host fits the smallest type that the stack takes, 8 GiB.
func TestTheMonitoringFitsItsHost(t *testing.T) {
	text, err := os.ReadFile("../monitoring/host/start.sh")
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, m := range limit.FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(m[1]) // digits
		if m[2] == "g" {
			n <<= 10
		}
		sum += n
	}
	if made := strings.Count(string(text), "\nrun "); len(limit.FindAllString(string(text), -1)) != made || made != 7 {
		t.Errorf("of %d containers some have no limit", made)
	}
	if sum > 8<<10*85/100 {
		t.Errorf("they may take %d MiB of 8192", sum)
	}
	java := heap.FindStringSubmatch(string(text))
	if java == nil || java[1] != java[2] {
		t.Fatalf("the heap is %v", java)
	}
	if n, _ := strconv.Atoi(java[1]); n > 3<<10/2 {
		t.Errorf("the heap has %d MiB, more than half of what Elasticsearch may take", n)
	}
}

// Filebeat reads each log group that the stack makes, and stays behind the clock.
func TestFilebeatReadsEveryLogGroup(t *testing.T) {
	text, err := os.ReadFile("../monitoring/host/filebeat.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Inputs []struct {
			Type, ID, Latency string
			Group             string `yaml:"log_group_name"`
			Prefix            string `yaml:"log_group_name_prefix"`
			Start             string `yaml:"start_position"`
		} `yaml:"filebeat.inputs"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	n, ids, got := NamesOf("R7"), map[string]bool{}, []string{}
	for _, in := range file.Inputs {
		if ids[in.ID] || in.ID == "" {
			t.Errorf("two inputs are called %q and would share what they remember", in.ID)
		}
		ids[in.ID] = true
		if in.Type != "aws-cloudwatch" {
			continue
		}
		if in.Latency == "" || in.Start != "beginning" || in.Prefix != "" {
			t.Errorf("%s loses lines: %+v", in.ID, in)
		}
		got = append(got, strings.NewReplacer("${LOG_GROUPS}", n.Path, "${LOG_DATABASE}", "/aws/rds/instance/"+n.Database+"/").Replace(in.Group))
	}
	want := stackLogs(n)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("Filebeat reads %v, the stack has %v", got, want)
	}
}
