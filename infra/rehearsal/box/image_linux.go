package box

import (
	"fmt"
	"path"
)

// image writes what the box is launched with: as its image and its user data
// have it on AWS.
func (h *hardware) image() error {
	for _, dir := range []string{path.Dir(config), stockDir, home + "/.ssh", "/tmp", "/run", "/etc/systemd/system", "/etc/logrotate.d", "/root"} {
		if err := h.root.MkdirAll(dir[1:], 0o755); err != nil {
			return fmt.Errorf("write the box's image: %w", err)
		}
	}
	for name, text := range map[string]string{
		config: `# Read by the inventory at its start and on a reload.
LOG_LEVEL=info
LOG_FILES=12
LOG_FILE_MB=8
`,
		"/etc/systemd/system/inventory.service": `[Unit]
Description=The legacy inventory of the shop

[Service]
ExecStart=/opt/inventory/inventory
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
RestartSteps=3
RestartMaxDelaySec=5
`,
		"/etc/os-release": "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nPRETTY_NAME=\"Amazon Linux 2023\"\n",
		"/etc/hostname":   h.setup.Name + "\n",
		"/etc/fstab":      "/dev/nvme0n1p1 / xfs defaults 0 0\n" + LogDevice + " " + LogMount + " xfs defaults 0 0\n",
		"/etc/motd": `The legacy inventory box of the shop. Rehearsed: a GiB of EBS is 64 MiB here.
Its settings are in ` + config + `, its logs in ` + LogMount + `, its stock in ` + stockDir + `.
"help" lists the programs.
`,
		home + "/.ssh/authorized_keys": h.setup.Keys,
	} {
		if err := h.root.WriteFile(name[1:], []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the box's image: %w", err)
		}
	}
	return nil
}
