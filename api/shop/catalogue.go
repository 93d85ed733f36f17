package shop

import "fmt"

// The catalogue is computed, so every task seeds the same one, the visitors
// know what there is to look for, and the inventory what there is to count.
// At this size a search costs the database some 10 ms of CPU, so 30 visitors a
// second take about a sixth of one CPU: calm, and not for free.
const (
	catalogueSize = 6000
	customerCount = 1000

	startStock  int64 = 120
	walletCents int64 = 1_000_000
)

// A word per digit of the product's number; the kinds are what visitors
// search for.
var (
	kinds     = []string{"Lantern", "Kettle", "Rope", "Blanket", "Compass", "Notebook", "Backpack", "Stove", "Tent", "Thermos"}
	makes     = []string{"Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper"}
	materials = []string{"brass", "canvas", "cork", "cotton", "enamel", "felt", "leather", "linen", "steel", "wool"}
	uses      = []string{"long evenings", "wet mornings", "short trips", "high passes", "quiet lakes"}
)

type product struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Category    string `json:"category"`
	Description string `json:"description"`
	PriceCents  int64  `json:"price_cents"`
	Stock       int64  `json:"stock"`
}

// productAt is the product with the given number, from 1 to catalogueSize.
func productAt(id int64) product {
	n := id - 1
	kind, maker := kinds[n%10], makes[n/10%10]
	material, use := materials[n/100%10], uses[n/1000%int64(len(uses))]
	return product{
		ID:       id,
		Name:     fmt.Sprintf("%s %s No. %d", maker, kind, id),
		Category: kind,
		Description: fmt.Sprintf("A %s in %s, made for %s. Repairable, numbered and sold with spare parts; "+
			"the %s workshop has built it the same way for thirty years.", kind, material, use, maker),
		PriceCents: 490 + (id*7919)%6500,
		Stock:      startStock,
	}
}

func customerName(id int64) string { return fmt.Sprintf("Customer %04d", id) }
