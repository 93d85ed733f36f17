package main

import (
	"bytes"
	"encoding/json"

	"github.com/chaotic-good/scenarios/bot/round"
)

// hear remembers what a bot says is on its disk. What it finds there when it
// starts is compared with all that was acknowledged to the bots before it.
func (c *crasher) hear(said commit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if said.When == "opened" {
		c.compareLocked(said.Events)
	}
	if said.When == "after" && said.Seq > c.passes {
		c.passes = said.Seq
	}
	if said.When == "before" {
		return
	}
	for _, e := range said.Events {
		if e.Seq > uint64(len(c.acked)) {
			c.early[e.Seq] = e
		}
	}
	for {
		e, ok := c.early[uint64(len(c.acked)+1)]
		if !ok {
			break
		}
		delete(c.early, e.Seq)
		c.acked = append(c.acked, e)
		if err := c.state.Apply(e); err != nil {
			c.failsLocked("the ledger does not fold: %v", err)
		}
	}
	close(c.grown)
	c.grown = make(chan struct{})
}

// compareLocked wants every acknowledged event on the disk, as it was, and no
// gap between any two.
func (c *crasher) compareLocked(found []round.Event) {
	for i, e := range found {
		if e.Seq != uint64(i+1) {
			c.failsLocked("the ledger's entry %d has the sequence %d", i+1, e.Seq)
			return
		}
		if i < len(c.acked) && !same(e, c.acked[i]) {
			c.failsLocked("event %d was acknowledged as %s and is %s", e.Seq, line(c.acked[i]), line(e))
		}
		if was, ok := c.early[e.Seq]; ok && !same(e, was) {
			c.failsLocked("event %d was acknowledged as %s and is %s", e.Seq, line(was), line(e))
		}
	}
	last := uint64(len(c.acked))
	for seq := range c.early {
		last = max(last, seq)
	}
	if last > uint64(len(found)) {
		c.failsLocked("%d events were acknowledged, and %d are left", last, len(found))
	}
}

func same(a, b round.Event) bool { return bytes.Equal(line(a), line(b)) }

func line(e round.Event) []byte {
	raw, err := json.Marshal(e)
	if err != nil {
		return []byte(err.Error())
	}
	return raw
}

// look reads what is known now.
func (c *crasher) look(read func(s *round.State, all []round.Event)) (grown <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	read(c.state, c.acked)
	return c.grown
}
