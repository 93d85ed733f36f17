package balancer

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

// statusClientGone is what an Application Load Balancer logs when the client
// closed the connection before it had its answer.
const statusClientGone = 460

type targetKey struct{}

// ServeHTTP sends one request to one target.
func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.meter.add(time.Now(), r.Method)
	seen := &recorder{ResponseWriter: w}
	defer func() { b.counts.add(seen.status()) }()

	t := b.pick()
	if t == nil {
		http.Error(seen, "503 Service Temporarily Unavailable", http.StatusServiceUnavailable)
		return
	}
	defer b.land(t)

	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), targetKey{}, t))
	defer cancel()
	defer context.AfterFunc(t.life, cancel)() // a removed target's time is over
	b.proxy.ServeHTTP(seen, r.WithContext(ctx))
}

func (b *Balancer) newProxy(errorLog *log.Logger) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: bounded{b.wire, b.cfg.Timeout},
		Rewrite: func(r *httputil.ProxyRequest) {
			t := r.In.Context().Value(targetKey{}).(*target)
			r.Out.URL.Scheme, r.Out.URL.Host = "http", t.Addr
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorHandler: b.fail,
		ErrorLog:     errorLog,
	}
}

// fail answers for a target that did not.
func (b *Balancer) fail(w http.ResponseWriter, r *http.Request, err error) {
	t := r.Context().Value(targetKey{}).(*target)
	var slow net.Error
	code := http.StatusBadGateway
	switch {
	case errors.Is(err, errSlow), errors.As(err, &slow) && slow.Timeout():
		code = http.StatusGatewayTimeout
	case errors.Is(err, context.Canceled) && t.life.Err() == nil:
		code = statusClientGone // no one reads it; it is for the count
	}
	b.cfg.Log.Info("target did not answer", "target", t.ID, "addr", t.Addr, "code", code, "error", err)
	http.Error(w, http.StatusText(code), code)
}

var errSlow = errors.New("the target did not answer in time")

// bounded bounds the time until an answer begins, connecting included, which
// the transport's own timeouts count apart.
type bounded struct {
	wire *http.Transport
	wait time.Duration
}

func (d bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	late := time.AfterFunc(d.wait, func() { cancel(errSlow) })
	resp, err := d.wire.RoundTrip(r.WithContext(ctx))
	late.Stop()
	if err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = errSlow
		}
		cancel(nil)
		return nil, err
	}
	// The body is read under the same ctx, which the request's end ends.
	context.AfterFunc(r.Context(), func() { cancel(nil) })
	return resp, nil
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

func (r *recorder) WriteHeader(code int) {
	if code >= 200 && r.code == 0 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController flush and hijack.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}
