package shop

import (
	"testing"
)

func TestTheExpressCheckout(t *testing.T) {
	for _, c := range []struct {
		release, checkout string
		pieces            string
		want              int
	}{
		{"1.5.0", "express", "1", 201},
		{"1.5.0", "express", "2", 500},
		{"1.5.0", "express", "3", 500},
		{"1.5.0", "", "3", 201},
		{"1.4.0", "express", "3", 201}, // which does not know it
	} {
		t.Run(c.release+" "+c.checkout+" "+c.pieces, func(t *testing.T) {
			p, _, _ := startShop(t, map[string]string{"SHOP_RELEASE": c.release, "SHOP_CHECKOUT": c.checkout})
			if r := p.order(`{"customer":1,"product":1,"quantity":` + c.pieces + `}`); r.code != c.want {
				t.Errorf("answered %d %s", r.code, r.text)
			}
			if r := p.get("/healthz"); r.code != 200 {
				t.Errorf("its health is %d", r.code)
			}
			if c.want == 500 {
				p.logs.wait(t, `"release":"1.5.0"`, `"route":"order"`, "the price list has no entry for "+c.pieces+" pieces")
			}
		})
	}
}
