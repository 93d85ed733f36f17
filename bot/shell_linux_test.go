package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// shellFix is one right fix as a person would type it, and how they tidy up
// after it so that the next incident begins from the stack as it was built.
type shellFix struct{ scenario, variant, name, lines, after string }

// staying says, of the repairs that stay in the stack when their incident is
// over, why the same scenario is then refused until somebody has tidied up.
var staying = map[string]string{
	"bigger-instance": "was moved to db.t4g.xlarge",
	"raise-limit":     "was raised to 300",
	"grow-volume":     "was grown to 2 GiB",
	"raise-maximum":   "was allowed 4 nodes",
	"bigger-nodes":    "has the node groups",
	"add-subnet":      "was given the subnet",
}

// shellFixes begins with what the round in the browser is repaired with.
var shellFixes = []shellFix{
	{"security-group", "", "authorize-group", `
aws ec2 authorize-security-group-ingress --group-id $(group database) --protocol tcp --port 5432 --source-group $(group tasks)
`, ""},
	{"security-group", "", "authorize-cidr", `
aws ec2 authorize-security-group-ingress --group-id $(group database) --protocol tcp --port 5432 --cidr 10.20.2.0/27
`, `
aws ec2 revoke-security-group-ingress --group-id $(group database) --protocol tcp --port 5432 --cidr 10.20.2.0/27
`},
	{"security-group", "", "attach-group", `
vpc=$(aws ec2 describe-security-groups --group-ids $(group database) --query 'SecurityGroups[0].VpcId' --output text)
mine=$(aws ec2 create-security-group --group-name mine --description "tasks to database" --vpc-id $vpc \
  --tag-specifications 'ResourceType=security-group,Tags=[{Key=round,Value=R1}]' --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id $mine --protocol tcp --port 5432 --source-group $(group tasks)
aws rds modify-db-instance --db-instance-identifier chaotic-r1-database --vpc-security-group-ids $(group database) $mine --apply-immediately
`, `
aws rds modify-db-instance --db-instance-identifier chaotic-r1-database --vpc-security-group-ids $(group database) --apply-immediately
`},
	{"database-overload", "", "revoke-login", `
operator -c "SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2" | grep report
operator -c "ALTER ROLE report NOLOGIN" -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'report'"
`, ""},
	{"database-overload", "", "stop-task", `
aws ecs stop-task --cluster chaotic-r1 --task $(oneoff nightly-figures)
`, ""},
	{"database-overload", "", "bigger-instance", `
aws rds modify-db-instance --db-instance-identifier chaotic-r1-database --db-instance-class db.t4g.xlarge --apply-immediately
aws rds wait db-instance-available --db-instance-identifier chaotic-r1-database
`, `
aws rds modify-db-instance --db-instance-identifier chaotic-r1-database --db-instance-class db.t4g.micro --apply-immediately
`},
	{"database-connections", "", "raise-limit", `
aws rds modify-db-parameter-group --db-parameter-group-name chaotic-r1-database \
  --parameters ParameterName=max_connections,ParameterValue=300,ApplyMethod=pending-reboot
aws rds describe-db-instances --db-instance-identifier chaotic-r1-database --query 'DBInstances[0].DBParameterGroups[0].ParameterApplyStatus' --output text | grep -x pending-reboot
aws rds reboot-db-instance --db-instance-identifier chaotic-r1-database
aws rds wait db-instance-available --db-instance-identifier chaotic-r1-database
operator -Atc "SHOW max_connections" | grep -x 300
`, `
aws rds modify-db-parameter-group --db-parameter-group-name chaotic-r1-database \
  --parameters ParameterName=max_connections,ParameterValue=160,ApplyMethod=pending-reboot
aws rds reboot-db-instance --db-instance-identifier chaotic-r1-database
until operator -Atc "SHOW max_connections" | grep -x 160; do :; done
`}, // what the reboot breaks for a moment is not to page in the next incident
	{"database-connections", "", "stop-task", `
aws ecs stop-task --cluster chaotic-r1 --task $(oneoff mailer)
`, ""},
	{"database-connections", "", "revoke-login", `
operator -c "ALTER ROLE mailer NOLOGIN" -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'mailer'"
`, ""},
	{"disk-full", "", "truncate-and-restart", `
login df -h /var/log/inventory
login "sed -i s/^LOG_LEVEL=.*/LOG_LEVEL=info/ /etc/inventory/inventory.conf && truncate -s 0 /var/log/inventory/inventory.log* && sudo systemctl restart inventory"
`, ""},
	{"disk-full", "", "rotate", `
id=$(aws ssm send-command --document-name AWS-RunShellScript --instance-ids $(box InstanceId) --query Command.CommandId --output text \
  --parameters 'commands=["set -e","sed -i s/^LOG_FILES=.*/LOG_FILES=4/ /etc/inventory/inventory.conf","systemctl restart inventory"]')
until aws ssm get-command-invocation --command-id $id --instance-id $(box InstanceId) --query Status --output text | grep -x Success; do :; done
`, `
login sed -i s/^LOG_FILES=.*/LOG_FILES=12/ /etc/inventory/inventory.conf
login sudo systemctl reload inventory
`},
	{"disk-full", "", "grow-volume", `
volume=$(aws ec2 describe-volumes --filters Name=attachment.instance-id,Values=$(box InstanceId) Name=attachment.device,Values=/dev/sdf \
  --query 'Volumes[0].VolumeId' --output text)
aws ec2 modify-volume --volume-id $volume --size 2
until login lsblk | grep 'nvme1n1.*128M'; do :; done
login "sudo xfs_growfs -d /var/log/inventory && sudo systemctl restart inventory"
`, replaceLines},
	{"instance-crash", "stopped", "start", `
aws ec2 start-instances --instance-ids $(box InstanceId)
`, ""},
	{"instance-crash", "stopped", "replace", replaceLines, ""},
	{"instance-crash", "impaired", "reboot", `
aws ec2 describe-instance-status --instance-ids $(box InstanceId) --query 'InstanceStatuses[0].InstanceStatus.Status' --output text | grep -x impaired
aws ec2 reboot-instances --instance-ids $(box InstanceId)
`, ""},
	{"instance-crash", "impaired", "stop-start", `
box=$(box InstanceId)
aws ec2 stop-instances --instance-ids $box --force
aws ec2 wait instance-stopped --instance-ids $box
aws ec2 start-instances --instance-ids $box
`, ""},
	{"instance-crash", "impaired", "replace", replaceLines, ""},
	{"node-capacity", "", "raise-maximum", `
curl -sS "$(aws ssm get-parameter --name /chaotic-good/R1/endpoints/shop --query Parameter.Value --output text)/status" | grep '"wanted"'
aws eks update-nodegroup-config --cluster-name chaotic-r1 --nodegroup-name chaotic-r1-nodes --scaling-config maxSize=4
`, `
aws eks update-nodegroup-config --cluster-name chaotic-r1 --nodegroup-name chaotic-r1-nodes --scaling-config minSize=2,maxSize=2,desiredSize=2
`},
	{"node-capacity", "", "bigger-nodes", `
nodes() { aws eks describe-nodegroup --cluster-name chaotic-r1 --nodegroup-name chaotic-r1-nodes --query "nodegroup.$1" --output text; }
aws eks create-nodegroup --cluster-name chaotic-r1 --nodegroup-name mine --instance-types t3.xlarge \
  --subnets $(nodes subnets) --node-role $(nodes nodeRole) --scaling-config minSize=1,maxSize=1,desiredSize=1
`, `
aws eks delete-nodegroup --cluster-name chaotic-r1 --nodegroup-name mine
aws eks wait nodegroup-deleted --cluster-name chaotic-r1 --nodegroup-name mine
`},
	{"ip-exhaustion", "", "add-subnet", `
subnet() { aws ec2 describe-subnets --filters Name=tag:round,Values=R1 Name=tag:role,Values=$1 --query "Subnets[0].$2" --output text; }
new=$(aws ec2 create-subnet --vpc-id $(subnet tasks-a VpcId) --cidr-block 10.20.3.0/28 \
  --tag-specifications 'ResourceType=subnet,Tags=[{Key=round,Value=R1}]' --query Subnet.SubnetId --output text)
routes=$(aws ec2 describe-route-tables --filters Name=tag:round,Values=R1 --query 'RouteTables[0].RouteTableId' --output text)
aws ec2 associate-route-table --route-table-id $routes --subnet-id $new
aws ecs update-service --cluster chaotic-r1 --service api --network-configuration \
  "awsvpcConfiguration={subnets=[$(subnet tasks-a SubnetId),$(subnet tasks-b SubnetId),$new],securityGroups=[$(group tasks)],assignPublicIp=ENABLED}"
`, `
subnet() { aws ec2 describe-subnets --filters Name=tag:round,Values=R1 Name=tag:role,Values=$1 --query "Subnets[0].$2" --output text; }
aws ecs update-service --cluster chaotic-r1 --service api --desired-count 2 --network-configuration \
  "awsvpcConfiguration={subnets=[$(subnet tasks-a SubnetId),$(subnet tasks-b SubnetId)],securityGroups=[$(group tasks)],assignPublicIp=ENABLED}"
aws ecs wait services-stable --cluster chaotic-r1 --services api
`},
	{"ip-exhaustion", "", "delete-interfaces", `
aws ecs describe-services --cluster chaotic-r1 --services api --query 'services[0].events[].message' --output text | grep InsufficientFreeAddressesInSubnet
for nic in $(aws ec2 describe-network-interfaces --filters Name=tag:round,Values=R1 Name=tag:owner,Values=pricing-crawler Name=status,Values=available \
  --query 'NetworkInterfaces[].NetworkInterfaceId' --output text); do
  aws ec2 delete-network-interface --network-interface-id $nic || break # two are enough, and then the incident is over
done
`, `
aws ecs update-service --cluster chaotic-r1 --service api --desired-count 2
aws ecs wait services-stable --cluster chaotic-r1 --services api
`},
	{"bad-deploy", "", "roll-back", `
aws ssm get-parameter --name /chaotic-good/R1/releases --query Parameter.Value --output text
before=$(aws ssm get-parameter --name /chaotic-good/R1/releases --query Parameter.Value --output text | tail -n 2 | head -n 1 | sed 's/.*"revision":"\([^"]*\)".*/\1/')
aws ecs update-service --cluster chaotic-r1 --service api --task-definition $before
`, ""},
	{"bad-deploy", "", "fix-forward", `
new=$(aws ecs describe-task-definition --task-definition chaotic-r1-api --output json --query 'taskDefinition.{family: family,
  taskRoleArn: taskRoleArn, executionRoleArn: executionRoleArn, networkMode: networkMode, cpu: cpu, memory: memory,
  requiresCompatibilities: requiresCompatibilities, containerDefinitions: containerDefinitions}' | sed 's/"express"/"usual"/')
revision=$(aws ecs register-task-definition --cli-input-json "$new" --query taskDefinition.taskDefinitionArn --output text)
aws ecs update-service --cluster chaotic-r1 --service api --task-definition $revision
`, `
aws ecs update-service --cluster chaotic-r1 --service api --task-definition chaotic-r1-api:1
aws ecs wait services-stable --cluster chaotic-r1 --services api
`},
}

const replaceLines = `
old=$(box InstanceId)
new=$(aws ec2 run-instances --launch-template LaunchTemplateName=chaotic-r1-box --subnet-id $(box SubnetId) --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-running --instance-ids $new
targets=$(aws elbv2 describe-target-groups --names chaotic-r1-box --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 register-targets --target-group-arn $targets --targets Id=$new
aws elbv2 deregister-targets --target-group-arn $targets --targets Id=$old
aws ec2 terminate-instances --instance-ids $old
`

// shellWords are the short forms that the lines use.
const shellWords = `
login() {
  test -f $HOME/key || aws secretsmanager get-secret-value --secret-id chaotic-r1/box-key --query SecretString --output text > $HOME/key
  chmod 600 $HOME/key
  at=$(aws ssm get-parameter --name /chaotic-good/R1/endpoints/box --query Parameter.Value --output text)
  ssh -n -F none -i $HOME/key -p ${at#*:} -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR inventory@${at%:*} "$@"
}
group() { aws ec2 describe-security-groups --filters Name=tag:round,Values=R1 Name=tag:role,Values=$1 --query 'SecurityGroups[0].GroupId' --output text; }
box() { aws ec2 describe-instances --filters Name=tag:round,Values=R1 Name=tag:role,Values=box \
  Name=instance-state-name,Values=pending,running,stopping,stopped --query "Reservations[0].Instances[0].$1" --output text; }
oneoff() { aws ecs list-tasks --cluster chaotic-r1 --family chaotic-r1-$1 --query 'taskArns[0]' --output text; }
operator() {
  login=$(aws secretsmanager get-secret-value --secret-id chaotic-r1/database-operator --query SecretString --output text)
  field() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$login" "$1"; }
  PGPASSWORD=$(field password) psql -h $(field host) -p $(field port) -U $(field username) -d $(field dbname) "$@"
}
`

// pasted runs lines in a shell of its own into which the block was pasted.
func pasted(t *testing.T, block, lines string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail")
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_PAGER="}
	shell.Stdin = strings.NewReader(block + "\n" + shellWords + lines)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("the repair: %v\n%s", err, out)
	}
}

// shellAll plays every line of the table, which takes half a minute each.
var shellAll = flag.Bool("shell.all", false, "repair every scenario in a shell by each of its fixes, not by the first of each variant")

// TestEachFixHasLines: what counts can be typed, and nothing is typed that is no
// fix any more.
func TestEachFixHasLines(t *testing.T) {
	catalogue, err := scenarios.Load(scenarios.Files, monitoring.Autoplay())
	if err != nil {
		t.Fatal(err)
	}
	typed := map[[3]string]bool{}
	for _, f := range shellFixes {
		typed[[3]string{f.scenario, f.variant, f.name}] = true
	}
	ways, err := (&series{catalogue: catalogue}).ways("")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range ways {
		for _, m := range w.Debrief.Fixes {
			key := [3]string{w.ID, w.Variant, m.Name}
			if !typed[key] {
				t.Errorf("nobody types %v", key)
			}
			delete(typed, key)
		}
	}
	for key := range typed {
		t.Errorf("%v is typed, and no fix of the catalogue", key)
	}
}

// TestEachFixInAShell: whoever has nothing but the block that was revealed, a
// shell and the aws command line can repair each scenario. One round serves all
// that one stage fits.
func TestEachFixInAShell(t *testing.T) {
	if testing.Short() {
		t.Skip("a round with so many incidents takes minutes")
	}
	for _, tool := range []string{"aws", "psql", "python3", "ssh"} {
		if _, err := exec.LookPath(tool); err != nil {
			cannot(t, tool+" is not installed")
		}
	}
	catalogue, err := scenarios.Load(scenarios.Files, monitoring.Autoplay())
	if err != nil {
		t.Fatal(err)
	}
	stages, played := map[string][]shellFix{}, map[string]bool{}
	for _, f := range shellFixes {
		s, ok := catalogue.Get(f.scenario)
		if !ok {
			t.Fatalf("there is no scenario %s", f.scenario)
		}
		if way := f.scenario + " " + f.variant; *shellAll || !played[way] {
			stages[s.Stages[0]], played[way] = append(stages[s.Stages[0]], f), true
		}
	}
	for _, stage := range slices.Sorted(maps.Keys(stages)) {
		t.Run(stage, func(t *testing.T) { repairInAShell(t, stages[stage]) })
	}
}

// repairInAShell plays one round, with an incident for each fix.
func repairInAShell(t *testing.T, fixes []shellFix) {
	p := onStageWith(t, fixes[0].scenario, fixes[0].name, stageConfig{limit: repairable})
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(t, p.cast(ctx))
	must(t, p.provision(ctx))
	reveal, err := p.player.reveals(ctx)
	must(t, err)
	for _, tab := range []string{"graphs", "logs", "runbooks"} { // as on AWS, but for a login
		if !strings.Contains(reveal, "/tabs/"+tab+"/>") {
			t.Errorf("the player is not told where the %s are:\n%s", tab, regexp.MustCompile(`(?s)`+"```.*```").ReplaceAllString(reveal, "(keys)"))
		}
	}
	_, block, ok := strings.Cut(reveal, "```")
	if !ok {
		t.Fatal("nothing to paste was revealed")
	}
	block, _, _ = strings.Cut(block[strings.Index(block, "\n"):], "```")
	for i, fix := range fixes {
		done := t.Run(strings.TrimSpace(fix.scenario+" "+fix.variant+" "+fix.name), func(t *testing.T) {
			incident := fmt.Sprintf("INC-%d", i+1)
			must(t, p.admin.injects(ctx, fix.scenario, fix.variant))
			page, err := p.player.reads(ctx, "🔴", incident)
			must(t, err)
			must(t, p.player.presses(ctx, page, "Acknowledge"))
			pasted(t, block, fix.lines)
			told, err := p.player.reads(ctx, incident+" is resolved")
			must(t, err)
			if strings.Contains(textOf(told), "by itself") {
				t.Errorf("who repaired it gets no credit: %s", textOf(told))
			}
			if why := staying[fix.name]; why != "" {
				again, err := p.admin.asks(ctx, "operations", "inject", map[string]any{"scenario": fix.scenario, "dry_run": true})
				if err != nil || !strings.Contains(textOf(again), why) {
					t.Errorf("injected again: %s, %v; want it refused: it %s", textOf(again), err, why)
				}
			}
			if fix.after != "" {
				pasted(t, block, fix.after)
			}
		})
		if !done {
			t.FailNow() // the next would begin in the middle of this one
		}
	}
	must(t, p.destroy(ctx))
	must(t, p.count(ctx))
	if p.figures.Left != 0 {
		t.Errorf("%d things are left", p.figures.Left)
	}
}
