package infra

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// What both makers of the stack need is written once, as JSON with ${names} in
// it: render fills them in here, Terraform's templatefile does there. So no
// document may use IAM's own ${aws:...} variables.
//
//go:embed iam/*.json tasks/*.json
var documents embed.FS

// TaskInputs is what task definitions need to know of the rest of the stack.
type TaskInputs struct {
	Names          Names
	Pace           Pace
	Region         string
	Image          string // its tag is the shop's release
	DatabaseHost   string // address of the RDS instance
	DatabaseSecret string // ARN
	OperatorSecret string // ARN
	TasksRole      string // ARN
	BalancerHost   string // DNS name of the load balancer
	InventoryHost  string // DNS name of the balancer in front of the box
}

// TaskDefinition returns the task definition of a service or a job, ready to
// register.
func TaskDefinition(service string, in TaskInputs) (*ecs.RegisterTaskDefinitionInput, error) {
	text, err := render("tasks/"+service+".json", map[string]string{
		"prefix":          in.Names.Prefix,
		"round":           string(in.Names.Round),
		"region":          in.Region,
		"image":           in.Image,
		"tasks_role":      in.TasksRole,
		"database_host":   in.DatabaseHost,
		"database_name":   in.Names.DatabaseName,
		"database_secret": in.DatabaseSecret,
		"operator_secret": in.OperatorSecret,
		"pool_size":       strconv.Itoa(in.Pace.PoolSize),
		"pool_lifetime":   in.Pace.PoolLifetime.String(),
		"connect_timeout": in.Pace.ConnectTimeout.String(),
		"inventory_url":   "http://" + in.InventoryHost + ":" + strconv.Itoa(PortApp),
		"target_url":      "http://" + in.BalancerHost,
		"visitors_rate":   strconv.Itoa(in.Pace.VisitorsRate),
		"suggestions":     strconv.Itoa(in.Pace.Suggestions),
		"report_parallel": strconv.Itoa(in.Pace.ReportParallel),
		"report_pause":    in.Pace.ReportPause.String(),
	})
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	def := new(ecs.RegisterTaskDefinitionInput)
	if err := dec.Decode(def); err != nil {
		return nil, fmt.Errorf("read the task definition of %s: %w", service, err)
	}
	return def, nil
}

// DatabaseSecret is what the secrets Names.DatabaseSecret and
// Names.OperatorSecret hold, in the shape that RDS itself gives such secrets.
type DatabaseSecret struct {
	Engine   string `json:"engine"`
	Username string `json:"username"`
	Password string `json:"password"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	DBName   string `json:"dbname"`
	Instance string `json:"dbInstanceIdentifier"`
}

// WebhookSecret is what the secret Names.WebhookSecret holds: where the stack's
// Alertmanager reports to, and its bearer token.
type WebhookSecret struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// The IAM documents of a stack.
const (
	PlayerPolicy = "player"
	TasksPolicy  = "tasks"
	TasksTrust   = "tasks-trust"

	ClusterPolicy = "cluster" // of EKS itself
	ClusterTrust  = "cluster-trust"
	NodesPolicy   = "nodes"
	NodesTrust    = "nodes-trust"

	BotPolicy = "bot" // of the bot's own role: for every round

	BoundaryPolicy = "boundary" // around everybody who gets keys: for every round
)

// PlayerPolicies lists the documents of a player's rights: every iam/player*.json.
// A document a subject, since IAM bounds the size of each; a user may have ten.
func PlayerPolicies() []string { return policies(PlayerPolicy) }

// BotPolicies lists the documents of the bot's own rights, for every round.
func BotPolicies() []string { return policies(BotPolicy) }

func policies(prefix string) (names []string) {
	paths, _ := fs.Glob(documents, "iam/"+prefix+"*.json") // the pattern is well formed
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(path.Base(p), ".json"))
	}
	return names
}

// PolicyInputs is what IAM documents need to know.
type PolicyInputs struct {
	Names   Names
	Account string
	Region  string
}

// Policy returns an IAM document without its white space, which counts towards
// IAM's limits of size.
func Policy(name string, in PolicyInputs) (string, error) {
	text, err := render("iam/"+name+".json", map[string]string{
		"account": in.Account,
		"region":  in.Region,
		"round":   string(in.Names.Round),
		"prefix":  in.Names.Prefix,
		"path":    in.Names.Path,
	})
	if err != nil {
		return "", err
	}
	var small bytes.Buffer
	if err := json.Compact(&small, text); err != nil {
		return "", fmt.Errorf("read the policy %s: %w", name, err)
	}
	return small.String(), nil
}

// render fills in the names of a document. A name without a value is an error:
// an empty condition or address would only be noticed much later.
func render(file string, values map[string]string) ([]byte, error) {
	text, err := documents.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	var missing string
	out := os.Expand(string(text), func(name string) string {
		value := values[name]
		if value == "" {
			missing = name
		}
		quoted, _ := json.Marshal(value) // a string always marshals
		return string(quoted[1 : len(quoted)-1])
	})
	if missing != "" {
		return nil, fmt.Errorf("render %s: no value for ${%s}", file, missing)
	}
	return []byte(out), nil
}
