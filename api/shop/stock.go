package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// inventoryWait bounds a call to the inventory: a box that is gone does not
// refuse, it is silent.
const inventoryWait = time.Second

// stockCount is the inventory's answer and ours.
type stockCount struct {
	Product int64 `json:"product"`
	Count   int64 `json:"count"`
}

// inventory is the client of the legacy box.
type inventory struct {
	base   string
	client *http.Client
}

func newInventory(base string, d *dialer) *inventory {
	return &inventory{
		base: strings.TrimRight(base, "/"),
		client: &http.Client{
			Timeout:   inventoryWait,
			Transport: &http.Transport{DialContext: d.DialContext, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second},
		},
	}
}

// get decodes the answer to path into out, unless out is nil.
func (i *inventory) get(ctx context.Context, path string, out any) (code int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.base+path, nil)
	if err != nil {
		return 0, err
	}
	if id := requestID(ctx); id != "" {
		req.Header.Set(requestIDHeader, id)
	}
	resp, err := i.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body := io.LimitReader(resp.Body, 64<<10)
	if resp.StatusCode != http.StatusOK || out == nil {
		_, _ = io.Copy(io.Discard, body) // the connection can then be used again
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.NewDecoder(body).Decode(out)
}

func (i *inventory) probe(ctx context.Context) error {
	code, err := i.get(ctx, "/healthz", nil)
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("inventory answered %d", code)
	}
	return err
}

// showStock answers GET /api/products/{id}/stock.
func (s *shop) showStock(r *http.Request) (answer, error) {
	id, err := pathID(r)
	if err != nil {
		return answer{}, err
	}
	var count stockCount
	code, err := s.inventory.get(r.Context(), fmt.Sprintf("/stock/%d", id), &count)
	if err == nil && code != http.StatusOK && code != http.StatusNotFound {
		err = fmt.Errorf("inventory answered %d", code)
	}
	switch {
	case err != nil:
		return answer{}, &problem{http.StatusBadGateway, "inventory_unavailable",
			"the stock of this product is not known right now", fmt.Errorf("ask inventory: %w", err)}
	case code == http.StatusNotFound:
		return answer{}, missing("no such product")
	}
	return answer{http.StatusOK, count}, nil
}
