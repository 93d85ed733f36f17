package reconcile

import (
	"net/netip"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// Seen is what moto holds of one round, as far as it has consequences here.
type Seen struct {
	Round      round.ID
	Groups     map[string]Group // by id
	Room       map[string]int   // addresses left in each subnet, by its id
	Database   *Database        // nil: there is none
	Services   []Service
	Scaling    map[string]Scaling // by service
	Tasks      []Task             // of the cluster, those that run
	Hosts      []Host
	Kubernetes *Kubernetes // nil: the stage has none
	Balancer   *Balancer
	Login      *infra.DatabaseSecret // the shop's
	Operator   *infra.DatabaseSecret // RDS's master user's
	Webhook    *infra.WebhookSecret
	Targets    []string // registered with the balancer's group, by address

	BoxBalancer *Balancer // internal, in front of the box
	BoxTargets  []string  // registered with its group, by instance id
}

// Group is a security group.
type Group struct {
	ID    string
	Rules []Rule
}

// Rule is one ingress rule. Protocol "-1" is every protocol and port.
type Rule struct {
	Protocol    string
	First, Last int32
	From        string       // a group's id, or empty
	CIDR        netip.Prefix // or a range of addresses
}

// Database is an RDS instance.
type Database struct {
	ID, Status, Host string
	Port             int32
	Groups           []string
	Class            string
	Settings         map[string]string // of its parameter group, those that somebody has set
	Reboots          int
}

// Service is an ECS service.
type Service struct {
	Name       string
	Desired    int
	Definition string // ARN
	Release    string // tells one deployment from the next
	Subnets    []string
	Groups     []string
	Balanced   bool
}

// Task is an ECS task.
type Task struct {
	ARN        string
	ID         string // the ARN's end
	Service    string // empty: run by hand
	Definition string
	Release    string // startedBy
	Address    string
	Subnet     netip.Prefix
	Interface  string // network interface, whose address outlives the task in moto
	Groups     []string
	Node       string            // a pod's; empty: a task of ECS
	Env        map[string]string // what its container's environment was overridden with
}

// Host is an EC2 instance with a role of ours.
type Host struct {
	ID, Role, State, Address string
	Groups                   []string
	Crashed                  bool   // its kernel has stopped: it answers nothing until it boots
	Boots                    int    // how often it was booted again
	Volume                   int32  // GiB of its log volume; 0: it has none
	Keys                     string // the public keys that it is launched with
}

// Balancer is a load balancer.
type Balancer struct {
	ARN, Host   string
	Groups      []string
	TargetGroup string // ARN
}

// Local is what runs here for one round.
type Local struct {
	Database *Proc           // PostgreSQL; nil: was not started
	Server   Server          // what it is
	Procs    map[string]Proc // by task ARN or instance id
	Balancer bool
	BoxFront bool               // the balancer in front of the box
	Monitors bool               // Prometheus and Alertmanager run, or start
	Machines map[string]Machine // by instance id

	HadDatabase bool              // there was an RDS instance once
	Health      map[string]string // of the balancer's targets, by address
	Paths       map[string]Way    // by name
	Lent        map[string]string // network interfaces of tasks that ran: interface -> task
	Ending      map[string]bool   // tasks and hosts whose process is stopping
	Wanted      map[string]int    // desired counts that the autoscalers ask for, where they differ
	Unplaced    map[string]bool   // services that said a moment ago that a task could not be placed
	Failing     map[string]bool   // releases whose tasks ended at once; they get some time
	Ends        map[string]string // where the endpoints are: name -> URL
	Written     map[string]string // where they were when they were last written down

	Nodes []Node          // oldest first
	Pods  []Pod           // oldest first
	Asked int             // pods, by the pods' autoscaler
	Calm  map[string]bool // node groups that have long had a node too many
}

// Server is what PostgreSQL was started or last configured as.
type Server struct {
	Class    string
	Settings map[string]string
	Reboots  int    // of the instance, that it has made
	Addr     string // where it listens
	Busy     bool   // it is being restarted
}

// Proc is a process of a task, a host or the database.
type Proc struct {
	Alive     bool
	Listening bool
	Draining  bool // the balancer sends it nothing new, and waits for what it has begun
	Boots     int  // of its host, when it began
	Machine   bool // it is what runs on a host
	Node      bool // and the host tells the monitoring of itself
}

// Machine is the hardware of a host.
type Machine struct {
	Alive  bool
	Device int64 // bytes of its log volume
}

// Way is how a network path treats a new connection.
type Way string

// The ways.
const (
	Open    Way = "open"
	Dropped Way = "dropped" // nobody answers: no rule, or the host is off
	Refused Way = "refused" // the host is up, the process is not
)

// Verb is what a step does.
type Verb string

// The verbs.
const (
	StartDatabase Verb = "start-database"
	StopDatabase  Verb = "stop-database"

	RestartDatabase Verb = "restart-database" // as class Thing, after reboots Detail
	Configure       Verb = "configure-database"
	WriteLogin      Verb = "write-login" // Thing's, who comes in at Detail

	RunTask       Verb = "run-task"      // in moto: of service Thing, in subnet Detail
	Unplaced      Verb = "unplaced"      // a task of service Thing found no place, because of Detail
	StopTask      Verb = "stop-task"     // in moto
	ScaleService  Verb = "scale-service" // in moto: Thing to Detail tasks
	FreeAddress   Verb = "free"          // of a stopped task's interface, in moto
	StartProc     Verb = "start-proc"    // of task or host Thing
	StopProc      Verb = "stop-proc"
	SizeDevice    Verb = "size-device"    // of machine Thing to Detail bytes
	EndMachine    Verb = "end-machine"    // with its disks
	StartBalancer Verb = "start-balancer" // the shop's, or the box's
	StopBalancer  Verb = "stop-balancer"
	Register      Verb = "register" // address Thing with the target group
	Deregister    Verb = "deregister"
	StartMonitors Verb = "start-monitors"
	StopMonitors  Verb = "stop-monitors"
	SetPath       Verb = "set-path"  // Thing to Detail
	WriteEnd      Verb = "write-end" // endpoint Thing, which is at Detail

	StartNode  Verb = "start-node" // of group Thing
	StopNode   Verb = "stop-node"
	MakePod    Verb = "make-pod"    // pending
	PlacePod   Verb = "place-pod"   // Thing on node Detail
	EndPod     Verb = "end-pod"     //
	ScaleNodes Verb = "scale-nodes" // group Thing to Detail, in moto
)

// Step is one difference between what is and what should be.
type Step struct {
	Verb   Verb
	Thing  string
	Detail string
}
