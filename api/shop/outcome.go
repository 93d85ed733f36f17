package shop

import (
	"errors"
	"net"
	"net/http"
)

// outcome is how a visit ended, as visitors_requests_total counts it.
type outcome string

const (
	outcomeOK      outcome = "ok"
	outcomeError   outcome = "error"
	outcomeTimeout outcome = "timeout"
	outcomeDropped outcome = "dropped"
)

// judge tells apart what a customer would. Sold out is a proper answer; any
// other 4XX means that the visitors do not reach the shop that they ask for,
// and must not count as a healthy one.
func judge(code int, err error) outcome {
	var ne net.Error
	switch {
	case errors.As(err, &ne) && ne.Timeout():
		return outcomeTimeout
	case err != nil:
		return outcomeError
	case code >= 400 && code != http.StatusConflict:
		return outcomeError
	}
	return outcomeOK
}
