package gateway

import (
	"context"
	"strings"
	"sync"
	"time"
)

// crashLine stops a Linux kernel at once
// (https://docs.kernel.org/admin-guide/sysrq.html).
const crashLine = "echo c > /proc/sysrq-trigger"

// kernels is what moto's instances lack: a system that may stop under an
// instance that runs, and boots again.
type kernels struct {
	mu      sync.Mutex
	crashed map[string]bool
	boots   map[string]int
	last    map[string]boot // what the console remembers, also of what is off
}

// boot is one boot of a kernel, and when it stopped by itself if it did. The
// first boot of an instance is at its launch, which EC2 knows.
type boot struct{ at, crash time.Time }

func newKernels() *kernels {
	return &kernels{crashed: map[string]bool{}, boots: map[string]int{}, last: map[string]boot{}}
}

func (k *kernels) crash(now time.Time, ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		k.crashed[id] = true
		k.last[id] = boot{at: k.last[id].at, crash: now}
	}
}

// off says that instances were switched off.
func (k *kernels) off(ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		delete(k.crashed, id)
	}
}

// started says that instances that were off have booted.
func (k *kernels) started(now time.Time, ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		k.last[id] = boot{at: now}
	}
}

// rebooted says that instances that ran have booted again.
func (k *kernels) rebooted(now time.Time, ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		delete(k.crashed, id)
		k.boots[id]++
		k.last[id] = boot{at: now}
	}
}

func (k *kernels) lastBoot(id string) boot {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last[id]
}

// Crashed reports whether the kernel of an instance has stopped and was not
// booted since.
func (g *Gateway) Crashed(id string) bool {
	g.kernels.mu.Lock()
	defer g.kernels.mu.Unlock()
	return g.kernels.crashed[id]
}

// Crash says that somebody on the instance has stopped its kernel.
func (g *Gateway) Crash(id string) { g.kernels.crash(g.cfg.Now(), id) }

// Boots counts how often a running instance was rebooted.
func (g *Gateway) Boots(id string) int {
	g.kernels.mu.Lock()
	defer g.kernels.mu.Unlock()
	return g.kernels.boots[id]
}

func switchedOff(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.kernels.off(r.list("InstanceId")...)
	return resp, nil
}

func rebooted(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.kernels.rebooted(g.cfg.Now(), r.list("InstanceId")...)
	return resp, nil
}

// describeInstanceStatus: AWS calls the system on an instance whose kernel has
// stopped impaired, for it does not answer; the hardware below it is well.
func describeInstanceStatus(_ context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	body := string(resp.body)
	g.kernels.mu.Lock()
	defer g.kernels.mu.Unlock()
	for id := range g.kernels.crashed {
		at := strings.Index(body, "<instanceId>"+id+"</instanceId>")
		if at < 0 {
			continue
		}
		from := strings.Index(body[at:], "<instanceStatus>")
		to := strings.Index(body[at:], "</instanceStatus>")
		if from < 0 || to < from {
			continue
		}
		status := strings.NewReplacer("<status>ok<", "<status>impaired<", "<status>passed<", "<status>failed<").Replace(body[at+from : at+to])
		body = body[:at+from] + status + body[at+to:]
	}
	return xmlAnswer([]byte(body)), nil
}
