package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// answer is a JSON service's answer with status 200.
func answer(r *request, body any) *response {
	b := jsonBody(body)
	return &response{status: http.StatusOK, body: b, header: http.Header{
		"Content-Type": {r.header.Get("Content-Type")}, "Content-Length": {strconv.Itoa(len(b))},
	}}
}

// edit changes a JSON answer.
func edit(resp *response, change func(body map[string]any) error) (*response, error) {
	var body map[string]any
	dec := json.NewDecoder(bytes.NewReader(resp.body))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		return nil, fmt.Errorf("read moto's answer: %w", err)
	}
	if err := change(body); err != nil {
		return nil, err
	}
	out := *resp
	out.body = jsonBody(body)
	out.header = resp.header.Clone()
	out.header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return &out, nil
}

// xmlAnswer is a query service's answer with status 200.
func xmlAnswer(body []byte) *response {
	return &response{status: http.StatusOK, body: body, header: http.Header{
		"Content-Type": {"text/xml"}, "Content-Length": {strconv.Itoa(len(body))},
	}}
}
