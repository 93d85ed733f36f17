package gateway

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// nodeBook is what moto forgets of node groups: their updates, the tags that
// they were given later, and which of them are still being made.
type nodeBook struct {
	mu      sync.Mutex
	updates map[string][]nodeUpdate      // by cluster/group
	tags    map[string]map[string]string // by ARN
	making  map[string]bool              // by cluster/group
}

// nodeUpdate is one change of a node group's configuration.
type nodeUpdate struct {
	id     string
	at     time.Time
	params []any // type and value
}

// updateTime is how long an update is under way, in which the group takes no
// other. On AWS it is most of a minute.
const updateTime = 2 * time.Second

func newNodeBook() *nodeBook {
	return &nodeBook{updates: map[string][]nodeUpdate{}, tags: map[string]map[string]string{}, making: map[string]bool{}}
}

func groupKey(cluster, group string) string { return cluster + "/" + group }

func (b *nodeBook) updating(key string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.updates[key]
	return len(list) > 0 && now.Sub(list[len(list)-1].at) < updateTime
}

func (b *nodeBook) add(key string, u nodeUpdate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates[key] = append(b.updates[key], u)
}

func (b *nodeBook) of(key string) []nodeUpdate {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.updates[key])
}

// made notes that a group is being made, or that it is no more.
func (b *nodeBook) made(key string, making bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if making {
		b.making[key] = true
		delete(b.updates, key) // of an older one of the same name
	} else {
		delete(b.making, key)
	}
}

func (b *nodeBook) isMaking(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.making[key]
}

// tag writes tags on an ARN; drop are the keys to take off.
func (b *nodeBook) tag(arn string, tags map[string]string, drop []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tags[arn] == nil {
		b.tags[arn] = map[string]string{}
	}
	maps.Copy(b.tags[arn], tags)
	for _, k := range drop {
		b.tags[arn][k] = ""
	}
}

// over writes the later tags over those that moto has.
func (b *nodeBook) over(arn string, tags map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, v := range b.tags[arn] {
		if v == "" {
			delete(tags, k)
		} else {
			tags[k] = v
		}
	}
}

// body is the update as EKS shows it.
func (u nodeUpdate) body(now time.Time) map[string]any {
	status := "Successful"
	if now.Sub(u.at) < updateTime {
		status = "InProgress"
	}
	return map[string]any{
		"id": u.id, "status": status, "type": "ConfigUpdate", "params": u.params,
		"createdAt": seconds(u.at), "errors": []any{},
	}
}
