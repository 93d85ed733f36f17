package infra

// The network of a stack, as data: the makers create it, the rehearsal reads
// it, and nothing else says where a thing stands or who may call whom.

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
	return []Subnet{
		{SubnetPublicA, "10.20.0.0/24", "a", true},
		{SubnetPublicB, "10.20.1.0/24", "b", true},
		{SubnetTasksA, "10.20.2.0/28", "a", true},
		{SubnetTasksB, "10.20.2.16/28", "b", true},
		{SubnetDatabaseA, "10.20.4.0/24", "a", false},
		{SubnetDatabaseB, "10.20.5.0/24", "b", false},
	}
}

// Groups returns the roles of the security groups.
func Groups() []string {
	return []string{RoleBalancer, RoleTasks, RoleDatabase, RoleBoxBalancer, RoleBox, RoleVisitors, RoleMonitoring}
}

// Ingress is one rule: members of the group From may open TCP connections to
// Port of members of the group To.
type Ingress struct {
	To   string
	Port int32
	From string
}

// Ingresses returns every ingress rule of a stack. The rules carry no
// description: on group pairs some implementations take it for a part of the
// rule's identity, and a revoke without it finds nothing.
func Ingresses() []Ingress {
	return []Ingress{
		{RoleBalancer, PortBalancer, RoleVisitors},
		{RoleTasks, PortApp, RoleBalancer},
		{RoleTasks, PortApp, RoleMonitoring},
		{RoleDatabase, PortPostgres, RoleTasks},
		{RoleDatabase, PortPostgres, RoleBox}, // who runs the database comes through a session to the box
		{RoleBoxBalancer, PortApp, RoleTasks},
		{RoleBox, PortApp, RoleBoxBalancer},
		{RoleBox, PortApp, RoleMonitoring},
		{RoleBox, PortNode, RoleMonitoring},
		{RoleVisitors, PortApp, RoleMonitoring},
	}
}
