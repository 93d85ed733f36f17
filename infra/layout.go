package infra

import "slices"

// The network of a stack, as data: the makers create it, the rehearsal reads
// it, and nothing else says where a thing stands or who may call whom. What is
// a list is read from layout.json, as Terraform does; what Go needs as a
// constant is written here too, and a test holds the two equal.

// The ports inside a stack.
const (
	PortBalancer = 80
	PortApp      = 8080 // tasks, box and visitors, their metrics included
	PortPostgres = 5432
	PortNode     = 9100 // what the box tells of its machine
)

// NetworkCIDR is the address range of a stack's VPC.
const NetworkCIDR = "10.20.0.0/16"

// The values of the tag role: of instances, and of the security groups that
// stand around a part of the stack.
const (
	RoleBalancer    = "balancer"
	RoleTasks       = "tasks"
	RoleNodes       = "nodes"
	RoleDatabase    = "database"
	RoleBoxBalancer = "box-balancer"
	RoleBox         = "box"
	RoleVisitors    = "visitors"
	RoleMonitoring  = "monitoring"
	RoleNetwork     = "network"
	RoleAudit       = "audit"
	RolePlayer      = "player"
)

// Subnet is one subnet: Role is the value of its tag role and ends its Name.
type Subnet struct {
	Role   string
	CIDR   string
	Zone   string // letter of the availability zone
	Public bool   // has a route to the internet
}

// The roles of the subnets.
const (
	SubnetPublicA   = "public-a"
	SubnetPublicB   = "public-b"
	SubnetTasksA    = "tasks-a"
	SubnetTasksB    = "tasks-b"
	SubnetDatabaseA = "database-a"
	SubnetDatabaseB = "database-b"
)

// Subnets returns the subnets of a stack. The tasks have two /28s of their own,
// so that addresses can run out there and nowhere else; they are public because
// a NAT gateway costs more than all the rest.
func Subnets() []Subnet {
	var all []Subnet
	for _, s := range readLayout().Subnets {
		all = append(all, Subnet(s))
	}
	return all
}

// Groups returns the roles of the security groups.
func Groups() []string { return slices.Clone(readLayout().Groups) }

// ShopPaths returns the paths at the shop's address that lead to its balancer:
// what the page and the players ask for, the health check that the bot waits
// for, and the status of nodes and pods. One that ends in a star stands for all
// that begin so; all else is the shop's site.
func ShopPaths() []string { return slices.Clone(readLayout().ShopPaths) }

// Ingress is one rule: members of the group From may open TCP connections to
// Port of members of the group To.
type Ingress struct {
	To   string
	Port int32
	From string
}

// Ingresses returns every ingress rule of a stack. The rules carry no
// description: on group pairs some implementations take it for a part of the
// rule's identity, and a revoke without it finds nothing. That the box reaches
// the database is for who runs the database: they come through a session to the
// box.
func Ingresses() []Ingress {
	l := readLayout()
	var all []Ingress
	for _, in := range l.Ingresses {
		all = append(all, Ingress{in.To, l.Ports[in.Port], in.From})
	}
	return all
}
