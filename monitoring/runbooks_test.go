package monitoring

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func fetchRunbook(path string) *httptest.ResponseRecorder { return fetchRunbookOf(nil, path) }

func fetchRunbookOf(round func() string, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	// Mounted as the rehearsal mounts it.
	http.StripPrefix("/tabs/runbooks", Runbooks(round)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/tabs/runbooks"+path, nil))
	return w
}

func TestEveryAlertHasARunbook(t *testing.T) {
	var alerts []string
	for _, r := range ruleNodes(t, AWS()) {
		alerts = append(alerts, r.Alert)
	}
	slices.Sort(alerts)
	if names := runbookNames(); !slices.Equal(names, alerts) {
		t.Fatalf("runbooks for %v, alerts are %v: a page must lead somewhere, and to nothing that no longer pages", names, alerts)
	}
	list := fetchRunbook("/")
	for _, name := range alerts {
		page := fetchRunbook("/" + name)
		body := page.Body.String()
		if page.Code != http.StatusOK || !strings.Contains(body, "<h1>"+name+"</h1>") {
			t.Errorf("%s: status %d, or its own name is not its headline", name, page.Code)
		}
		for _, part := range []string{"<h2>Look first</h2>", "<h2>What tells causes apart</h2>", "<h2>Do not</h2>", "<table>", "aws "} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %q; a runbook without it leaves the reader alone at that step", name, part)
			}
		}
		if list.Code != http.StatusOK || !strings.Contains(list.Body.String(), `<li><a href="`+name+`">`) {
			t.Errorf("%s is not in the list", name)
		}
	}
}

// What a player pastes into a shell is about the round that they are in.
func TestRunbooksAreAboutTheOpenRound(t *testing.T) {
	open := ""
	round := func() string { return open }
	for _, name := range runbookNames() {
		open = ""
		if got := fetchRunbookOf(round, "/"+name).Body.String(); got != fetchRunbook("/"+name).Body.String() || !strings.Contains(got, "chaotic-r7") {
			t.Errorf("%s: without a round its text is another one", name)
		}
		open = "R12"
		got := fetchRunbookOf(round, "/"+name).Body.String()
		if strings.Contains(got, "R7") || strings.Contains(got, "r7") || !strings.Contains(got, "chaotic-r12") {
			t.Errorf("%s does not speak of R12 alone", name)
		}
	}
}

func TestRunbooksLeadSomewhereUnderAnyPrefix(t *testing.T) {
	href := regexp.MustCompile(`href="([^"]*)"`)
	for _, name := range append(runbookNames(), "") {
		for _, link := range href.FindAllStringSubmatch(fetchRunbook("/"+name).Body.String(), -1) {
			if strings.HasPrefix(link[1], "/") || strings.Contains(link[1], ":") {
				t.Errorf("%s: %q is not relative, so it breaks under another prefix", name, link[1])
			}
			if got := fetchRunbook("/" + strings.TrimPrefix(link[1], "./")); got.Code != http.StatusOK {
				t.Errorf("%s: the link %q is answered %d", name, link[1], got.Code)
			}
		}
	}
}

// A runbook serves many causes; one that gives a scenario away would end the
// exercise before it began.
func TestNoRunbookNamesAScenario(t *testing.T) {
	scenario := regexp.MustCompile(`database-(overload|connections)|security-group\b[^s]|instance-crash|disk-full|node-capacity|ip-exhaustion|bad-deploy|(?i)scenario`)
	for _, name := range runbookNames() {
		text, err := runbookFiles.ReadFile("runbooks/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		if found := scenario.FindString(string(text)); found != "" {
			t.Errorf("%s says %q", name, found)
		}
		if lines := strings.Count(string(text), "\n"); lines > 60 {
			t.Errorf("%s has %d lines; nobody reads that with a pager in hand", name, lines)
		}
	}
}

func TestUnknownRunbookIsNotFoundAndEscaped(t *testing.T) {
	for _, path := range []string{"/NoSuchAlert", "/page.html", "/ShopLatencyHigh.md", "/ShopLatencyHigh/more", "/%3Cscript%3Ealert(1)%3C%2Fscript%3E"} {
		got := fetchRunbook(path)
		if got.Code != http.StatusNotFound {
			t.Errorf("%s is answered %d, want 404", path, got.Code)
		}
		if strings.Contains(got.Body.String(), "<script") {
			t.Errorf("%s comes back as HTML", path)
		}
	}
}

func TestRunbooksBringNoHTML(t *testing.T) {
	got := string(markdown([]byte("a <b>bold</b> < word\n\n<script>alert(1)</script>\n\n`<i>` [x](javascript:alert(1))")))
	for _, bad := range []string{"<script", "<b>", "<i>", "javascript:"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q went through: %s", bad, got)
		}
	}
	if !strings.Contains(got, "&lt;i&gt;") {
		t.Errorf("code is not shown as it was written: %s", got)
	}
	if csp := fetchRunbook("/").Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q lets more in than a page of text needs", csp)
	}
}
