package shell

import "testing"

func TestWhatOnlyLooks(t *testing.T) {
	for script, want := range map[string]bool{
		"": true,
		"df -h; du -ah /var | sort -n | tail -5 2>/dev/null": true,
		"sudo systemctl status inventory":                    true,
		"sed -n 1,5p f && grep LOG_ f 2>&1":                  true,
		"cat < f":                                            true,
		"sudo vi /etc/x":                                     true,
		"X=1":                                                true,
		"echo hi > /etc/x":                                   false,
		"echo hi | tee /etc/x":                               false,
		"sudo systemctl restart inventory":                   false,
		"sed -i s/a/b/ f":                                    false,
		"find / -name x -delete":                             false,
		"cat $(rm f)":                                        false,
		"truncate -s 0 f":                                    false,
		"$cmd f":                                             false,
		"if true; then rm f; fi":                             false,
		"df '":                                               false,
		"sudo -i":                                            false,
	} {
		if got := Looks(script); got != want {
			t.Errorf("%q looks: %v", script, got)
		}
	}
}
