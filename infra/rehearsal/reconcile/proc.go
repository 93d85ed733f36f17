package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// proc is the process of a task, or what runs on the box.
type proc struct {
	process *process.Process
	host    *host // of the box; nil: a task's
	hard    bool  // it must not finish what it began
	boots   int   // of the host, when it began
	name    string
	service string // of the task
	release string // of the service's, likewise
	target  string // its address, by which the balancer knows it
	status  string // of a pod: the file that tells it of the others
	began   time.Time
	file    string // in which it writes its address
	address atomic.Pointer[string]
}

func (p *proc) alive() bool {
	if p.host != nil {
		return p.host.on()
	}
	return running(p.process)
}

func running(p *process.Process) bool {
	select {
	case <-p.Done():
		return false
	default:
		return true
	}
}

// addr is where it listens; empty: not yet, or not any more.
func (p *proc) addr() string {
	if p.host != nil {
		return p.host.state().Inventory // it may be another one after each restart
	}
	if !p.alive() {
		return ""
	}
	if a := p.address.Load(); a != nil {
		return *a
	}
	raw, err := os.ReadFile(p.file)
	if err != nil || len(raw) == 0 {
		return ""
	}
	a := strings.TrimSpace(string(raw))
	p.address.Store(&a)
	return a
}

// grace is how long a task may take to finish what it began.
const grace = 3 * time.Second

func (p *proc) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if p.host != nil {
		p.host.halt(ctx, p.hard)
		return
	}
	_ = p.process.Stop(ctx) // forced when the grace is over; the group logs that
}

// startTask runs a task's container as a process.
func (s *site) startTask(ctx context.Context, seen Seen, t Task) error {
	env, role, err := s.taskEnv(ctx, t)
	if err != nil {
		return s.unstarted(ctx, t, err)
	}
	s.fit(env)
	name := role + "-" + t.ID[:min(8, len(t.ID))]
	p := &proc{name: name, service: t.Service, release: t.Release, target: t.Address}
	if t.Node != "" {
		p.service, p.release, p.status = podService, podService, s.statusFile()
	}
	return s.startProc(ctx, t.ARN, p, env, s.resolve(seen, t))
}

// fit gives a process what fits this machine in the place of what the stack was
// made with. Another value was chosen by somebody, and stands.
func (s *site) fit(env map[string]string) {
	pace := infra.RehearsalPace()
	for name, own := range map[string]string{
		"SHOP_SUGGESTIONS": strconv.Itoa(pace.Suggestions), "SHOP_REPORT_PAUSE": pace.ReportPause.String(),
	} {
		if fits := s.r.cfg.Fit[name]; fits != "" && env[name] == own {
			env[name] = fits
		}
	}
}

func (s *site) startProc(ctx context.Context, id string, p *proc, env map[string]string, resolve string) error {
	if err := os.MkdirAll(s.dir, 0o711); err != nil {
		return fmt.Errorf("make the round's folder: %w", err)
	}
	name := p.name
	p.began = time.Now()
	if p.file == "" {
		p.file = filepath.Join(s.dir, name+".address")
	}
	if err := os.Remove(p.file); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("forget an old address: %w", err)
	}
	env["SHOP_LISTEN"], env["SHOP_ADDRESS_FILE"], env["SHOP_NAME"] = "127.0.0.1:0", p.file, name
	env["SHOP_RESOLVE"], env["SHOP_STATUS_FILE"] = resolve, p.status
	var list []string
	for _, k := range slices.Sorted(maps.Keys(env)) {
		if strings.HasPrefix(k, "SHOP_") { // the gateway judges who may set which; the rest is not the shop's
			list = append(list, k+"="+env[k])
		}
	}
	started, err := s.r.cfg.Group.Start(ctx, process.Spec{
		Name: strings.ToLower(string(s.id)) + "/" + name, Path: s.r.cfg.Shop[0], Args: s.r.cfg.Shop[1:], Env: list, Dir: s.dir,
		Signal: syscall.SIGTERM, Log: strings.ToLower(string(s.id)) + "-" + name + ".log",
	})
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	p.process = started
	s.mu.Lock()
	s.procs[id] = p
	s.mu.Unlock()
	s.watch(started)
	return nil
}

// watch has a pass made when a process ends.
func (s *site) watch(p *process.Process) {
	go func() {
		<-p.Done()
		s.r.poke()
	}()
}

// container is what a task definition says of its first container. A revision
// never changes.
type container struct {
	name  string
	image string
	env   map[string]string
	from  map[string]string // variables that hold a secret -> where it is
}

// container reads a task definition.
func (s *site) container(ctx context.Context, definition string) (container, error) {
	if c, ok := s.known.definitions[definition]; ok {
		return c, nil
	}
	out, err := s.r.aws.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &definition})
	if err != nil {
		return container{}, fmt.Errorf("read the definition of a task: %w", err)
	}
	if len(out.TaskDefinition.ContainerDefinitions) == 0 {
		return container{}, fmt.Errorf("read the definition of a task: %s has no container", definition)
	}
	first := out.TaskDefinition.ContainerDefinitions[0]
	c := container{aws.ToString(first.Name), aws.ToString(first.Image), map[string]string{}, map[string]string{}}
	for _, e := range first.Environment {
		c.env[aws.ToString(e.Name)] = aws.ToString(e.Value)
	}
	for _, e := range first.Secrets {
		c.from[aws.ToString(e.Name)] = aws.ToString(e.ValueFrom)
	}
	s.known.definitions[definition] = c
	return c, nil
}

// taskEnv is the environment of a task's first container, with its secrets as
// they are now.
func (s *site) taskEnv(ctx context.Context, t Task) (env map[string]string, name string, err error) {
	c, err := s.container(ctx, t.Definition)
	if err != nil {
		return nil, "", err
	}
	if err := pulled(c.image); err != nil {
		return nil, "", err
	}
	env = maps.Clone(c.env)
	env["SHOP_RELEASE"] = infra.ReleaseOf(c.image) // on AWS it is in the image
	maps.Copy(env, t.Env)
	texts := map[string]string{} // of secrets, each of which holds several values
	for variable, from := range c.from {
		if env[variable], err = s.secretValue(ctx, from, texts); err != nil {
			return nil, "", err
		}
	}
	return env, c.name, nil
}

// secretValue reads what ECS reads for arn:...:secret:NAME-xxxxxx:key:stage:version.
func (s *site) secretValue(ctx context.Context, from string, texts map[string]string) (string, error) {
	parts := strings.Split(from, ":")
	if len(parts) < 7 {
		return "", fmt.Errorf("read a task's secret: %d parts are no reference", len(parts))
	}
	if !strings.HasPrefix(parts[6], s.names.DatabaseSecret+"-") { // the operator's begins like the shop's
		return "", fmt.Errorf("read a task's secret: %s is not for tasks", parts[6])
	}
	id, key := strings.Join(parts[:7], ":"), ""
	if len(parts) > 7 {
		key = parts[7]
	}
	if _, ok := texts[id]; !ok {
		out, err := s.r.aws.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			return "", fmt.Errorf("read a task's secret: %w", err)
		}
		texts[id] = aws.ToString(out.SecretString)
	}
	if key == "" {
		return texts[id], nil
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(texts[id]), &fields); err != nil {
		return "", errors.New("read a task's secret: it is not JSON") // the text itself must not be in an error
	}
	return fmt.Sprint(fields[key]), nil
}

// resolve is the stack's DNS for one task: each name leads to the beginning of
// the task's own path, and nothing else leads anywhere. A definition may name
// any host, and this machine's addresses lie behind the paths: by the database's
// own no security group would hold.
func (s *site) resolve(seen Seen, t Task) string {
	var pairs []string
	add := func(host string, port int32, path string) {
		if to := s.pathAddr(path); host != "" && to != "" {
			pairs = append(pairs, fmt.Sprintf("%s:%d=%s", host, port, to))
		}
	}
	if d := seen.Database; d != nil {
		add(d.Host, d.Port, pathToDatabase(t.ARN))
	}
	if b := seen.BoxBalancer; b != nil {
		add(b.Host, infra.PortApp, pathToInventory(t.ARN))
	}
	if b := seen.Balancer; b != nil {
		add(b.Host, infra.PortBalancer, pathToBalancer(t.ARN))
	}
	return strings.Join(append(pairs, "*"), ",")
}
