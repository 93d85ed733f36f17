package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// faultPart is one part of a fault: its kind with what that needs to know.
type faultPart struct {
	kind   kind
	params map[string]string
	built  []string // what has to be as it was built: names of asBuilt
}

// partsOf lists the parts of a fault in the order of their injection.
func partsOf(kinds map[string]kind, f round.Fault) (parts []faultPart, err error) {
	k, ok := kinds[f.Kind]
	if !ok {
		return nil, fmt.Errorf("fault kind %q is not in the table", f.Kind)
	}
	params, built, err := wantsBuilt(f.Params)
	if err != nil {
		return nil, err
	}
	parts = append(parts, faultPart{k, params, built})
	for _, also := range f.Also {
		more, err := partsOf(kinds, also)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// joinPlans makes one plan of those of a fault's parts. One alone stays as it is.
func joinPlans(plans []round.Plan) (round.Plan, error) {
	if len(plans) == 1 {
		return plans[0], nil
	}
	var receipts []json.RawMessage
	var blasts, targets []string
	for _, p := range plans {
		receipts, blasts, targets = append(receipts, p.Receipt), append(blasts, p.Blast), append(targets, p.Targets...)
	}
	raw, err := json.Marshal(receipts)
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	return round.Plan{Receipt: raw, Blast: strings.Join(blasts, " "), Targets: targets}, nil
}

// open gives the parts of a fault with the receipt of each.
func open(kinds map[string]kind, f round.Fault, receipt json.RawMessage) ([]faultPart, []json.RawMessage, error) {
	parts, err := partsOf(kinds, f)
	if err != nil {
		return nil, nil, err
	}
	if len(parts) == 1 {
		return parts, []json.RawMessage{receipt}, nil
	}
	var receipts []json.RawMessage
	if err := json.Unmarshal(receipt, &receipts); err != nil {
		return nil, nil, fmt.Errorf("read the receipt: %w", err)
	}
	if len(receipts) != len(parts) {
		return nil, nil, errors.New("read the receipt: it is of another fault")
	}
	return parts, receipts, nil
}
