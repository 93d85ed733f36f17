package postmortem

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// anew are words of a call that do something however often it is made.
const anew = "force-new-deployment"

// isIdle reports whether a call asked only for what calls before it had set: the
// same revision, the same class. What it restarted with that is no setting. A
// repair that did not last may be made once more.
func (s *story) isIdle(c change, before []change) bool {
	settings := settingsOf(c.call)
	if len(settings) == 0 {
		return false
	}
	for word, value := range settings {
		was := ""
		for _, b := range before {
			if v, ok := settingsOf(b.call)[word]; ok && b.call.Service == c.call.Service && b.call.Action == c.call.Action && b.call.Target == c.call.Target && !s.lostSince(b) {
				was = v
			}
		}
		if was != value {
			return false
		}
	}
	return true
}

// settingsOf is what a call that sets something set: of those that add something,
// two alike may both matter.
func settingsOf(c round.Call) map[string]string {
	if c.InSession() || !strings.HasPrefix(c.Action, "Update") && !strings.HasPrefix(c.Action, "Modify") {
		return nil
	}
	all := map[string]string{}
	for part := range strings.SplitSeq(c.With, ", ") {
		if word, value, ok := strings.Cut(part, " "); ok && word != anew {
			all[word] = value
		}
	}
	return all
}

// lostSince reports whether it was bad again after it had been good since c.
func (s *story) lostSince(c change) bool {
	return slices.ContainsFunc(s.events, func(e round.Event) bool {
		return e.Kind == round.RecoveryLost && when(e).After(c.at)
	})
}

// touched reports whether a call was about something that the fault touched, by
// the names that its receipt holds.
func touched(c round.Call, receipt []byte) bool {
	var tree any
	return json.Unmarshal(receipt, &tree) == nil && mentioned(c, tree)
}

func mentioned(c round.Call, tree any) bool {
	switch tree := tree.(type) {
	case string:
		name := tree[strings.LastIndexByte(tree, '/')+1:] // an ARN is told by its last part
		return len(name) > 2 && c.Mentions(name)          // else it is a number of something
	case []any:
		return slices.ContainsFunc(tree, func(v any) bool { return mentioned(c, v) })
	case map[string]any:
		for key, v := range tree {
			if mentioned(c, key) || mentioned(c, v) {
				return true
			}
		}
	}
	return false
}
