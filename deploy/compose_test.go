package deploy_test

import (
	"slices"
	"strings"
	"testing"
)

// service is what our compose file says of one; docs.docker.com has the rest.
type service struct {
	Image       string            `yaml:"image"`
	PullPolicy  string            `yaml:"pull_policy"`
	Profiles    []string          `yaml:"profiles"`
	Command     []string          `yaml:"command"`
	DependsOn   []string          `yaml:"depends_on"`
	EnvFile     string            `yaml:"env_file"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	CapAdd      []string          `yaml:"cap_add"`
	SecurityOpt []string          `yaml:"security_opt"`
	Init        bool              `yaml:"init"`
	Restart     string            `yaml:"restart"`
	Grace       string            `yaml:"stop_grace_period"`
	Memory      string            `yaml:"mem_limit"`
	Pids        int               `yaml:"pids_limit"`
	Logging     map[string]string `yaml:"logging"`
}

func TestTheComposeFileGivesLittleAway(t *testing.T) {
	var file struct {
		Name     string             `yaml:"name"`
		Services map[string]service `yaml:"services"`
		Volumes  map[string]any     `yaml:"volumes"`
	}
	readYAML(t, "compose.yaml", &file)
	if len(file.Services) != 2 {
		t.Errorf("%d services; want the bot and a proxy", len(file.Services))
	}
	for name, s := range file.Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			_, named := file.Volumes[from]
			if !named && (!strings.HasPrefix(v, "./") || !strings.HasSuffix(v, ":ro")) {
				t.Errorf("%s writes into a folder of the machine, or into a volume that nobody names: %s", name, v)
			}
		}
	}
	bot := file.Services["bot"]
	if len(bot.Ports) > 0 || len(bot.CapAdd) > 0 {
		t.Errorf("the bot has ports %q and capabilities %q; only the proxy does", bot.Ports, bot.CapAdd)
	}
	if !bot.Init || bot.Grace == "" || bot.Command[0] != "serve" {
		t.Errorf("the bot is not stopped as it should be: %+v", bot)
	}
	if proxy := file.Services["proxy"]; !slices.Contains(proxy.Profiles, "webhook") {
		t.Error("a bot that polls needs no proxy, and gets one")
	}
}
