package infra

import (
	"strconv"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Names is every name of one round's stack. Both makers of the stack, the
// scenarios and the rehearsal take names from here and nowhere else.
type Names struct {
	Round  round.ID
	Prefix string // chaotic-r1; begins every other name

	VPC      string // value of the tag Name
	Cluster  string // of ECS, and in the stage eks also of Kubernetes
	Balancer string

	BoxBalancer    string // the internal balancer in front of the box
	BoxTargetGroup string // of the box balancer: the box itself

	TargetGroup  string // of the balancer: the tasks of the service api
	Database     string // instance, subnet group and parameter group
	DatabaseName string // the database inside the instance
	DatabaseUser string // the shop's login
	OperatorUser string // RDS's master user: it runs the database, and no program works as it

	Box        string // tag Name of the legacy inventory box, its launch template and its key pair
	Monitoring string // tag Name of the monitoring host

	DatabaseSecret string // JSON DatabaseSecret: the shop's login
	OperatorSecret string // JSON DatabaseSecret: the login of who runs the database
	WebhookSecret  string // JSON WebhookSecret
	BoxKey         string // the private key of the box's login

	Queue     string // SQS queue of the audit trail
	Trail     string // CloudTrail's trail
	TasksRole string // IAM role of the tasks

	Repository       string // ECR repository of the shop's image
	BoxRole          string // IAM role of the box
	MonitoringRole   string // IAM role of the monitoring host
	MonitoringSecret string // JSON: the login of the monitoring's pages and their certificate

	Nodes       string // EKS node group
	NodesRole   string // IAM role of the nodes
	ClusterRole string // IAM role of EKS itself

	Path string // IAM path of the round's users, roles and policies

	Parameters   string // path of the round's SSM parameters
	Shop         string // SSM parameter: URL of the shop
	Prometheus   string // SSM parameter: URL of Prometheus
	Alertmanager string // SSM parameter: URL of Alertmanager
	GraphsPage   string // SSM parameter: URL of what people look at first
	LogsPage     string // SSM parameter: URL of where people search the logs
	RunbooksPage string // SSM parameter: URL of the list of runbooks
	BoxLogin     string // SSM parameter: host:port at which the box's SSH server answers
	Replicas     string // SSM parameter: how many pods the shop wants at least
	Releases     string // SSM parameter: what was released, a JSON Deployment a line
}

// The ECS services. A service's container has the same name.
const (
	ServiceAPI      = "api"
	ServiceVisitors = "visitors"
)

// The jobs: one-off work, each with a login of its own at the database.
const (
	JobFigures = "nightly-figures"
	JobMailer  = "mailer"
)

// The keys of the tags that every resource carries, beside Name.
const (
	TagProject = "project"
	TagRound   = "round"
	TagExpires = "expires"
	TagRole    = "role"
)

// Project is the value of the tag project.
const Project = "chaotic-good"

const (
	allPrefix = "chaotic-r"
	allPath   = "/" + Project + "/"
)

// NamesOf returns the names of a round's stack.
func NamesOf(id round.ID) Names {
	prefix := allPrefix + strconv.Itoa(id.Number())
	path := allPath + string(id) + "/"
	return Names{
		Round:  id,
		Prefix: prefix,

		VPC:      prefix,
		Cluster:  prefix,
		Balancer: prefix,

		BoxBalancer:    prefix + "-box",
		BoxTargetGroup: prefix + "-box",

		TargetGroup:  prefix + "-api",
		Database:     prefix + "-database",
		DatabaseName: "shop",
		DatabaseUser: "shop",
		OperatorUser: "operator",

		Box:        prefix + "-box",
		Monitoring: prefix + "-monitoring",

		DatabaseSecret: prefix + "/database",
		OperatorSecret: prefix + "/database-operator",
		WebhookSecret:  prefix + "/webhook",
		BoxKey:         prefix + "/box-key",

		Queue:     prefix + "-audit",
		Trail:     prefix + "-trail",
		TasksRole: prefix + "-tasks",

		Repository:       prefix + "-shop",
		BoxRole:          prefix + "-box",
		MonitoringRole:   prefix + "-monitoring",
		MonitoringSecret: prefix + "/monitoring",

		Nodes:       prefix + "-nodes",
		NodesRole:   prefix + "-nodes",
		ClusterRole: prefix + "-cluster",

		Path: path,

		Parameters:   path,
		Shop:         path + "endpoints/shop",
		Prometheus:   path + "endpoints/prometheus",
		Alertmanager: path + "endpoints/alertmanager",
		GraphsPage:   path + "endpoints/graphs",
		LogsPage:     path + "endpoints/logs",
		RunbooksPage: path + "endpoints/runbooks",
		BoxLogin:     path + "endpoints/box",
		Replicas:     path + "replicas",
		Releases:     path + "releases",
	}
}

// Group returns the name of the security group with that role.
func (n Names) Group(role string) string { return n.Prefix + "-" + role }

// Logs returns the log group of one source: a service, a job, the box.
func (n Names) Logs(source string) string { return n.Path + source }

// Bucket returns the name of an S3 bucket, which is unique in the world by the
// account's number.
func (n Names) Bucket(what, account string) string { return n.Prefix + "-" + what + "-" + account }

// Policy returns the name of the managed policy with that document.
func (n Names) Policy(document string) string { return n.Prefix + "-" + document }

// Family returns the family of the task definitions of a service.
func (n Names) Family(service string) string { return n.Prefix + "-" + service }

// Owns reports whether a resource with that name belongs to the round: R1 does
// not own chaotic-r10-api.
func (n Names) Owns(name string) bool {
	rest, ok := strings.CutPrefix(name, n.Prefix)
	return ok && (rest == "" || rest[0] == '-' || rest[0] == '/')
}

// Tag is one tag of a resource.
type Tag struct{ Key, Value string }

// Tags returns the tags of a resource: what it is for, how it is called, and
// when a sweeper may take it for forgotten.
func (n Names) Tags(role, name string, expires time.Time) []Tag {
	return []Tag{
		{TagProject, Project},
		{TagRound, string(n.Round)},
		{TagExpires, expires.UTC().Format(time.RFC3339)},
		{TagRole, role},
		{"Name", name},
	}
}

// RoundOf returns the round that a resource's or user's name belongs to:
// chaotic-r1, chaotic-r1-api, chaotic-r1/database, r1-player-ana.
func RoundOf(name string) (round.ID, bool) {
	rest, ok := strings.CutPrefix(name, allPrefix)
	if !ok {
		if rest, ok = strings.CutPrefix(name, "r"); !ok {
			return "", false
		}
	}
	end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	if end < 0 {
		end = len(rest)
	} else if rest[end] != '-' && rest[end] != '/' {
		return "", false
	}
	return canonical("R" + rest[:end])
}

// RoundOfPath returns the round of an IAM path or of a parameter's name:
// /chaotic-good/R1/endpoints/shop.
func RoundOfPath(path string) (round.ID, bool) {
	rest, ok := strings.CutPrefix(path, allPath)
	if !ok {
		return "", false
	}
	id, _, ok := strings.Cut(rest, "/")
	if !ok {
		return "", false
	}
	return canonical(id)
}

// ServiceOf returns the service that a task definition's family belongs to.
func (n Names) ServiceOf(family string) (service string, ok bool) {
	service, ok = strings.CutPrefix(family, n.Prefix+"-")
	return service, ok && service != ""
}

// canonical refuses R01 and R+1: two spellings of one round would be two rounds.
func canonical(s string) (round.ID, bool) {
	id := round.ID(s)
	if n := id.Number(); n == 0 || round.RoundID(n) != id {
		return "", false
	}
	return id, true
}
