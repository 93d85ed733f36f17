package referee

import (
	"errors"
	"fmt"
)

type component struct {
	Type, Style int
	CustomID    string `json:"custom_id"`
	URL, Label  string
	Emoji       any
	SKU         string `json:"sku_id"`
	Components  []component
}

// Discord's types of components, and styles of buttons.
const (
	actionRow, button     = 1, 2
	linkButton, skuButton = 5, 6
)

// rowLimits holds for messages without Components V2.
func rowLimits(rows []component) error {
	if len(rows) > 5 {
		return fmt.Errorf("components: %d rows; 5 are allowed", len(rows))
	}
	seen := map[string]bool{}
	for i, row := range rows {
		at := fmt.Sprintf("components[%d]", i)
		if row.Type != actionRow {
			return fmt.Errorf("%s: type %d stands where only rows may", at, row.Type)
		}
		if n := len(row.Components); n < 1 || n > 5 {
			return fmt.Errorf("%s: %d components; 1 to 5 are allowed", at, n)
		}
		for _, c := range row.Components {
			if c.Type != button && len(row.Components) > 1 {
				return fmt.Errorf("%s: a menu needs a row of its own", at)
			}
			if err := c.limits(seen); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	}
	return nil
}

func (c component) limits(seen map[string]bool) error {
	switch {
	case c.Type == button && c.Style == linkButton && (c.URL == "" || c.CustomID != ""):
		return errors.New("a link button has a URL and no custom_id")
	case c.Type == button && c.Style == skuButton:
		return nil
	case c.Style != linkButton && c.CustomID == "":
		return errors.New("a button or menu without custom_id")
	case c.Type == button && c.Label == "" && c.Emoji == nil:
		return errors.New("a button with neither label nor emoji")
	case c.CustomID != "" && seen[c.CustomID]:
		return fmt.Errorf("custom_id %q twice", c.CustomID)
	}
	seen[c.CustomID] = true
	return nil
}
