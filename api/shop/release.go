package shop

import (
	"fmt"
	"slices"
)

// Releases lists the releases of the shop that were built, the oldest first.
// One binary plays all of them: SHOP_RELEASE says which.
func Releases() []string { return []string{"1.4.0", "1.5.0"} }

// expressSince is the release that brought the express checkout.
const expressSince = "1.5.0"

// express reports whether orders take the express checkout. A release from
// before there was one knows nothing of the setting.
func (c config) express() bool {
	all := Releases()
	return c.checkout == checkoutExpress && slices.Index(all, c.release) >= slices.Index(all, expressSince)
}

// The ways to check out.
const (
	checkoutUsual   = "usual"
	checkoutExpress = "express"
)

// expressPrices is the price list of the express checkout: the number of
// pieces, and the share of the usual price. What 1.5.0 was shipped with.
var expressPrices = map[int64]float64{1: 1}

// expressly finds an order's price list before anything is taken.
func expressly(o order) error {
	if _, ok := expressPrices[o.Quantity]; !ok {
		return fmt.Errorf("express checkout: the price list has no entry for %d pieces", o.Quantity)
	}
	return nil
}
