package gateway

import (
	"strings"
	"sync"
)

// principal is who calls.
type principal struct {
	ARN     string
	keyID   string
	trusted bool // as an account's root: not judged
}

// user is the name of an IAM user, without the path.
func (p principal) user() string {
	if !strings.Contains(p.ARN, ":user/") {
		return ""
	}
	return last(p.ARN, "/")
}

// round is the round that the user was made for: the R7 of
// /chaotic-good/R7/. Others have none.
func (p principal) round() string {
	_, path, ok := strings.Cut(p.ARN, ":user/chaotic-good/")
	round, rest, found := strings.Cut(path, "/")
	if p.trusted || !ok || !found || round == "" || rest == "" {
		return ""
	}
	return round
}

// credential is one access key.
type credential struct {
	secret string
	active bool
	caller principal
}

// keyring holds the keys that were issued.
type keyring struct {
	mu   sync.RWMutex
	keys map[string]credential
}

func newKeyring() *keyring { return &keyring{keys: map[string]credential{}} }

func (k *keyring) get(id string) (credential, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	c, ok := k.keys[id]
	return c, ok
}

func (k *keyring) put(id string, c credential) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys[id] = c
}

func (k *keyring) setActive(id string, active bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.keys[id]; ok && !c.caller.trusted {
		c.active = active
		k.keys[id] = c
	}
}

func (k *keyring) forget(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.keys[id].caller.trusted {
		delete(k.keys, id)
	}
}

// forgetUser forgets all keys of a user.
func (k *keyring) forgetUser(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, c := range k.keys {
		if !c.caller.trusted && c.caller.user() == name {
			delete(k.keys, id)
		}
	}
}

// rename follows a user to a new name or path.
func (k *keyring) rename(name, arn string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, c := range k.keys {
		if !c.caller.trusted && c.caller.user() == name {
			c.caller.ARN = arn
			k.keys[id] = c
		}
	}
}
