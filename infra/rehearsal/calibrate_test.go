package rehearsal

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The line at the start says how much an incident brings, and not which.
func TestTheLoadIsSaidWithoutTheScenarios(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/*/scenario.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	campaign := regexp.MustCompile(`SHOP_VISITORS_RATE: "(\d+)"`)
	most := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := campaign.FindSubmatch(text); m != nil {
			n, _ := strconv.Atoi(string(m[1])) // it is digits
			most = max(most, n)
		}
	}
	line := loadLine(30, 0.2)
	if want := fmt.Sprintf("up to %d requests/s", 30+most); !strings.Contains(line, want) || !strings.HasPrefix(line, "load: 30 requests/s in calm, 20 % of") {
		t.Errorf("%q does not say %q", line, want)
	}
	for _, culprit := range []string{"report", "mailer", "quer", "search"} {
		if strings.Contains(line, culprit) {
			t.Errorf("%q gives %q away", line, culprit)
		}
	}
}
