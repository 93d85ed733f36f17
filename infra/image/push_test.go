package image

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// desk is a registry with a clerk in front, who may answer in its place.
type desk struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // method and path
	clerk func(nth int, w http.ResponseWriter, r *http.Request) (answered bool)
}

func newDesk(t *testing.T, clerk func(nth int, w http.ResponseWriter, r *http.Request) bool) *desk {
	t.Helper()
	d := &desk{clerk: clerk}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.asked = append(d.asked, r.Method+" "+r.URL.Path)
		nth := len(d.asked)
		d.mu.Unlock()
		if d.clerk == nil || !d.clerk(nth, w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *desk) ref() string { return strings.TrimPrefix(d.URL, "http://") + "/chaotic-r7-shop:1.4.0" }

// writes counts what would change the registry, since the last time.
func (d *desk) writes() (count int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.asked {
		if !strings.HasPrefix(a, http.MethodGet) && !strings.HasPrefix(a, http.MethodHead) {
			count++
		}
	}
	d.asked = nil
	return count
}

// small is an image for tests in which nothing runs.
func small(t *testing.T, program string) v1.Image {
	t.Helper()
	img, err := shopImage([]byte(program), "1.4.0")
	if err != nil {
		t.Fatal(err)
	}
	return img
}

var atOnce = remote.Backoff{Duration: time.Millisecond, Factor: 1, Steps: 3}

func TestATagIsGivenOnce(t *testing.T) {
	d := newDesk(t, nil)
	first, second := small(t, "one"), small(t, "two")
	if err := Push(t.Context(), d.ref(), first, nil); err != nil {
		t.Fatal(err)
	}
	if d.writes() == 0 {
		t.Fatal("nothing was written")
	}
	if err := Push(t.Context(), d.ref(), small(t, "one"), nil); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	if n := d.writes(); n != 0 {
		t.Errorf("the same once more: %d writes", n)
	}
	err := Push(t.Context(), d.ref(), second, nil)
	if !errors.Is(err, ErrTaken) {
		t.Fatalf("another image: %v", err)
	}
	for _, part := range []string{":1.4.0", "immutable", digest(t, first).String(), digest(t, second).String()} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v\nwant %q in it", err, part)
		}
	}
	if n := d.writes(); n != 0 {
		t.Errorf("another image: %d writes", n)
	}
}

// A second bot, or one that died before it heard the answer, gave the tag after
// we looked. ECR then refuses.
func TestSomebodyMayBeFaster(t *testing.T) {
	cases := []struct {
		what, theirs string
		want         error
	}{{"with the same image", "one", nil}, {"with another image", "two", ErrTaken}}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			d := newDesk(t, nil)
			if err := Push(t.Context(), d.ref(), small(t, c.theirs), nil); err != nil {
				t.Fatal(err)
			}
			looked := false
			d.clerk = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				manifest := strings.Contains(r.URL.Path, "/manifests/1.4.0")
				switch {
				case manifest && r.Method == http.MethodHead && !looked:
					looked = true
					w.WriteHeader(http.StatusNotFound)
				case manifest && r.Method == http.MethodPut:
					w.WriteHeader(http.StatusBadRequest)
					_, _ = w.Write([]byte(`{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}`))
				default:
					return false
				}
				return true
			}
			if err := push(t.Context(), d.ref(), small(t, "one"), nil, atOnce); !errors.Is(err, c.want) {
				t.Errorf("%v; want %v", err, c.want)
			}
		})
	}
}

func TestWhatFailsForAMomentIsTriedAgain(t *testing.T) {
	busy := func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	var mu sync.Mutex
	failed := map[string]bool{} // by kind of call: two blobs go at once
	d := newDesk(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		kind := r.Method + " " + strings.Join(strings.Split(r.URL.Path, "/")[:min(4, strings.Count(r.URL.Path, "/")+1)], "/")
		mu.Lock()
		defer mu.Unlock()
		if failed[kind] {
			return false
		}
		failed[kind] = true
		busy(w)
		return true
	})
	patient := atOnce
	patient.Steps = 6
	if err := push(t.Context(), d.ref(), small(t, "one"), nil, patient); err != nil || len(failed) < 6 {
		t.Errorf("each kind of call fails once: %v; %d kinds", err, len(failed))
	}
	calls := 0
	d = newDesk(t, func(nth int, w http.ResponseWriter, _ *http.Request) bool { calls = nth; busy(w); return true })
	err := push(t.Context(), d.ref(), small(t, "one"), nil, atOnce)
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("every call fails: %v", err)
	}
	if calls < 2 || calls > 20 {
		t.Errorf("every call fails: %d calls", calls)
	}
}

func TestAPushCanBeCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := newDesk(t, func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		cancel()
		<-r.Context().Done() // the caller has hung up
		return true
	})
	if err := push(ctx, d.ref(), small(t, "one"), nil, atOnce); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that it was called off", err)
	}
}

// guarded is a registry that asks for a login, as ECR does.
func guarded(t *testing.T, name, password string) *desk {
	return newDesk(t, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if n, p, ok := r.BasicAuth(); ok && n == name && p == password {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
}

func TestALoginIsUsedAndKept(t *testing.T) {
	d := guarded(t, "AWS", "right-one")
	err := push(t.Context(), d.ref(), small(t, "one"), &authn.Basic{Username: "AWS", Password: "wrong-one"}, atOnce)
	if err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "wrong-one") {
		t.Errorf("a wrong login: %v", err)
	}
	if err := push(t.Context(), d.ref(), small(t, "one"), &authn.Basic{Username: "AWS", Password: "right-one"}, atOnce); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

func TestANameMustBeWhole(t *testing.T) {
	for _, ref := range []string{"", "shop", "127.0.0.1:1/shop", "127.0.0.1:1/SHOP:1.4.0"} {
		if err := Push(t.Context(), ref, small(t, "one"), nil); err == nil {
			t.Errorf("%q was pushed", ref)
		}
	}
}
