package localdiscord_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser starts one headless Chromium; each tab of it is one test's.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal("chromium is required and not installed")
		}
		t.Skip("chromium is not installed")
	}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1280, 720),
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		flags = append(flags, chromedp.Flag(name, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	alloc, stop := chromedp.NewExecAllocator(ctx, flags...)
	tab, closeTab := chromedp.NewContext(alloc)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	t.Cleanup(func() {
		chromedp.Cancel(tab)
		closeTab()
		stop()
		cancel()
	})
	return tab
}

// view is one tab with the page open.
type view struct {
	t      *testing.T
	ctx    context.Context
	mu     sync.Mutex
	faults []string // what the page's console complained about
}

func open(t *testing.T, parent context.Context, url string) *view {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	v := &view{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			// A refused request is the test's own doing and is shown on the page.
			if (m.IsException() || m.Type == "error") && !strings.Contains(m.Text, "Failed to load resource") {
				v.mu.Lock()
				v.faults = append(v.faults, m.Text)
				v.mu.Unlock()
			}
		}
	}()
	v.do(chromedp.EmulateViewport(1280, 720), chromedp.Navigate(url))
	v.wait(`document.documentElement.dataset.ready === "true" && document.querySelectorAll("#channels a").length > 0 && !document.querySelector("textarea").disabled`)
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if len(v.faults) > 0 {
			t.Errorf("the page's console has %d errors: %s", len(v.faults), strings.Join(v.faults, "\n"))
		}
	})
	return v
}

func (v *view) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.snap("failed")
		v.t.Fatal(err)
	}
}

// wait waits until a JavaScript condition holds.
func (v *view) wait(condition string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 15*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+condition+")", chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		v.snap("failed")
		v.t.Fatalf("wait for %s: %v\nthe page reads:\n%s", condition, err, v.text("body"))
	}
}

func (v *view) eval(expression string) string {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		v.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return got
}

func (v *view) text(selector string) string {
	v.t.Helper()
	return v.eval(fmt.Sprintf("document.querySelector(%q)?.innerText", selector))
}

// click clicks what is there. Where the page drew it anew between the look and
// the click, as it does when a message comes, nothing was clicked yet.
func (v *view) click(selector string) {
	v.t.Helper()
	for tries := 1; ; tries++ {
		ctx, cancel := context.WithTimeout(v.ctx, 15*time.Second)
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		cancel()
		switch {
		case err == nil:
			return
		case tries < 5 && strings.Contains(err.Error(), "Could not find node"):
		default:
			v.snap("failed")
			v.t.Fatal(err)
		}
	}
}

// keys types into whatever has the focus.
func (v *view) keys(keys string) {
	v.t.Helper()
	v.do(chromedp.KeyEvent(keys))
}

// compose types into the composer, from empty.
func (v *view) compose(keys string) {
	v.t.Helper()
	v.eval(`(() => { const c = document.querySelector("[data-testid=composer]"); c.focus(); c.value = ""; c.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	v.keys(keys)
}

// shows waits until an element's visible text contains want.
func (v *view) shows(selector, want string) {
	v.t.Helper()
	v.wait(fmt.Sprintf("[...document.querySelectorAll(%q)].some(n => n.innerText.replace(/\\s+/g, ' ').includes(%q))", selector, want))
}

// snap writes a picture into the folder that CHAOTIC_SCREENSHOTS names, for
// people who want to see the page.
func (v *view) snap(name string) {
	dir := os.Getenv("CHAOTIC_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(v.t.Name(), "/", "-")+"-"+name+".png"), picture, 0o600)
	}
	if err != nil {
		v.t.Logf("screenshot %s: %v", name, err)
	}
}
