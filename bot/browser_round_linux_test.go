package main

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// A person plays a whole round in a real browser, and repairs it in a real
// shell with the block that the page showed them. With CHAOTIC_PICTURE the
// page is saved there as it looks during the incident: the README's picture.
func TestAWholeRoundInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a rehearsal takes more than a minute")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		cannot(t, "the aws command line is not installed")
	}
	p := onStage(t, "security-group", "authorize-group")
	v := openTab(t, p.stage.page+"/#as=both")

	v.goes("channel-operations")
	v.types("/provision player:@ana")
	v.shows(10*time.Second, "would be built", "It costs nothing.")
	v.presses("Build")
	v.shows(40*time.Second, "R1 is ready")

	v.goes("dm-ana")
	v.presses("Show once")
	v.shows(10*time.Second, "AWS_SECRET_ACCESS_KEY")
	block := v.read("[...document.querySelectorAll('pre')].find(n => n.innerText.includes('AWS_SECRET_ACCESS_KEY')).innerText")

	v.goes("channel-operations")
	v.types("/inject scenario:security-group")
	v.shows(10*time.Second, "Blast radius", "Nothing has been touched yet.")
	v.presses("Inject")
	v.shows(30*time.Second, "INC-1", "has begun")
	v.goes("channel-alerts")
	v.shows(30*time.Second, "ShopErrorRatioHigh", "INC-1")
	v.presses("Acknowledge")
	v.shows(10*time.Second, "acknowledged by", "ana")
	v.types("/note text:new connections to the database hang, old ones still work")
	v.shows(10*time.Second, "new connections to the database hang")
	if path := os.Getenv("CHAOTIC_PICTURE"); path != "" {
		v.picture(path)
	}
	v.presses("Hint")
	v.shows(10*time.Second, "Hint 1 of 3")
	v.types("/resolve")
	v.shows(10*time.Second, "not yet")

	pasted(t, block, shellFixes[0].lines)
	v.shows(60*time.Second, "INC-1 is resolved", "It was: a security-group rule that went missing")
	v.wait(20*time.Second, "document.querySelector('[data-testid=thread-card]')")
	v.goes("thread-card")
	v.shows(20*time.Second, "Numbers.", "TTD")

	v.goes("channel-operations")
	v.types("/destroy")
	v.shows(60*time.Second, "R1 is destroyed", "Left behind: 0")
}
