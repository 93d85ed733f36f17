package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// Guard is a way to make the measurements look well while the shop is not, with
// the player's own keys. AWS refuses it, or it is done and the incident stays
// open all the same. It is no move of any scenario.
type Guard struct {
	Name string
	Do   func(context.Context, aws.Config, round.ID) error
	Undo func(context.Context, aws.Config, round.ID) error // nil: nothing is to undo
}

// Guards lists them. Each is good against every scenario.
func Guards() []Guard {
	return []Guard{
		{"scale-to-nothing", scaleShop(0), scaleShop(builtTasks(infra.ServiceAPI))},
		{"stop-visitors", stopVisitors, nil},
		{"alter-alert-rules", alterRules, nil},
		{"stop-monitoring", stopMonitoring, nil},
		{"silence", silence, endSilences},
		{"drop-route", dropRoute, nil},
		{"deregister-box", registerBox(false), registerBox(true)},
	}
}

// Denied reports whether AWS refused a call because of the caller's rights.
func Denied(err error) bool {
	return coded(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
}

// builtTasks is how many tasks of a service the stack was built with.
func builtTasks(service string) int32 {
	for _, s := range infra.Services() {
		if s.Name == service {
			return s.Desired
		}
	}
	return 1
}

// scaleShop leaves as many tasks of the shop's service, or pods where it has
// those. No requests, no errors.
func scaleShop(tasks int32) func(context.Context, aws.Config, round.ID) error {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		_, err := ecs.NewFromConfig(cfg).UpdateService(ctx, &ecs.UpdateServiceInput{
			Cluster: aws.String(infra.NamesOf(id).Cluster), Service: aws.String(infra.ServiceAPI), DesiredCount: &tasks,
		})
		if coded(err, "ServiceNotFoundException", "ServiceNotActiveException") {
			if tasks > 0 {
				return builtPods(ctx, cfg, id)
			}
			return wantPods(ctx, cfg, id, 0)
		}
		return doing(err, "scale the shop")
	}
}

// stopVisitors ends those whose requests are measured, in both ways that there
// are.
func stopVisitors(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, cluster, service := ecs.NewFromConfig(cfg), infra.NamesOf(id).Cluster, infra.ServiceVisitors
	_, err := api.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &cluster, Service: &service, DesiredCount: aws.Int32(0)})
	if !Denied(err) {
		return doing(err, "scale the visitors to 0")
	}
	out, err := api.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service})
	if err != nil {
		return fmt.Errorf("list the visitors: %w", err)
	}
	if len(out.TaskArns) == 0 {
		return errors.New("stop the visitors: there are none")
	}
	_, err = api.StopTask(ctx, &ecs.StopTaskInput{Cluster: &cluster, Task: &out.TaskArns[0]})
	return doing(err, "stop the visitors")
}

// alterRules reaches for what the monitoring judges by: its parameters, and its
// host's files.
func alterRules(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ssm.NewFromConfig(cfg)
	_, err := api.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(infra.NamesOf(id).Prometheus), Value: aws.String("http://127.0.0.1:9"), Overwrite: aws.Bool(true),
	})
	if !Denied(err) {
		return doing(err, "write the monitoring's parameter")
	}
	host, err := monitoringHost(ctx, cfg, id)
	if err != nil {
		return err
	}
	_, err = api.SendCommand(ctx, &ssm.SendCommandInput{
		InstanceIds: []string{host}, DocumentName: aws.String("AWS-RunShellScript"),
		Parameters: map[string][]string{"commands": {"rm -f /etc/prometheus/rules.yml"}},
	})
	return doing(err, "delete the rules")
}

func stopMonitoring(ctx context.Context, cfg aws.Config, id round.ID) error {
	host, err := monitoringHost(ctx, cfg, id)
	if err != nil {
		return err
	}
	_, err = ec2.NewFromConfig(cfg).StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{host}})
	return doing(err, "stop the monitoring")
}

func monitoringHost(ctx context.Context, cfg aws.Config, id round.ID) (string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: []string{infra.RoleMonitoring}},
	}})
	if err != nil {
		return "", fmt.Errorf("find the monitoring: %w", err)
	}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			return aws.ToString(i.InstanceId), nil
		}
	}
	return "", errors.New("find the monitoring: there is no host")
}

// silence tells Alertmanager to keep quiet about everything. Its API knows no
// password; only the network keeps people from it.
func silence(ctx context.Context, cfg aws.Config, id round.ID) error {
	body, err := json.Marshal(map[string]any{
		"matchers": []map[string]any{{"name": "alertname", "value": ".+", "isRegex": true, "isEqual": true}},
		"startsAt": time.Now().UTC(), "endsAt": time.Now().UTC().Add(time.Hour), "createdBy": "player", "comment": "quiet",
	})
	if err != nil {
		return fmt.Errorf("write the silence: %w", err)
	}
	_, err = alertmanager(ctx, cfg, id, http.MethodPost, "/api/v2/silences", body)
	return err
}

func endSilences(ctx context.Context, cfg aws.Config, id round.ID) error {
	raw, err := alertmanager(ctx, cfg, id, http.MethodGet, "/api/v2/silences", nil)
	if err != nil {
		return err
	}
	var all []struct{ ID string }
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("list the silences: %w", err)
	}
	for _, s := range all {
		if _, err := alertmanager(ctx, cfg, id, http.MethodDelete, "/api/v2/silence/"+s.ID, nil); err != nil {
			return err
		}
	}
	return nil
}

// alertmanager calls the API at the address that the round's parameters tell.
func alertmanager(ctx context.Context, cfg aws.Config, id round.ID, method, path string, body []byte) ([]byte, error) {
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(infra.NamesOf(id).Alertmanager)})
	if err != nil {
		return nil, fmt.Errorf("find Alertmanager: %w", err)
	}
	url := strings.TrimSuffix(aws.ToString(out.Parameter.Value), "/") + path
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask Alertmanager: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.Proxy, wire.DisableKeepAlives = nil, true
	res, err := (&http.Client{Transport: wire, Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask Alertmanager: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(http.MaxBytesReader(nil, res.Body, 1<<20)); err != nil {
		return nil, fmt.Errorf("read Alertmanager's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask Alertmanager: %s %s: %s", method, path, res.Status)
	}
	return answer.Bytes(), nil
}

// doing says what failed, if something did.
func doing(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
