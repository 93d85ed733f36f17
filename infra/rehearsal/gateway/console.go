package gateway

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// getConsoleOutput: AWS answers what the instance's kernel wrote to its console
// since its last boot, also of one that is off. moto's log is of 2006.
func getConsoleOutput(ctx context.Context, g *Gateway, r *request) (*response, error) {
	form := url.Values{}
	setFilter(form, 1, "instance-id", []any{r.str("InstanceId")})
	found, err := g.moto.instances(ctx, form)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, nil // moto says that there is none
	}
	i, b := found[0], g.kernels.lastBoot(found[0].ID)
	if b.at.IsZero() {
		b.at = i.Launched
	}
	wrote := b.at
	if !b.crash.IsZero() {
		wrote = b.crash
	}
	return xmlAnswer(fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>%s</requestId>`+
		`<instanceId>%s</instanceId><timestamp>%s</timestamp><output>%s</output></GetConsoleOutputResponse>`,
		r.id, i.ID, wrote.UTC().Format("2006-01-02T15:04:05.000Z"),
		base64.StdEncoding.EncodeToString([]byte(consoleLog(i, b))))), nil
}

// bootSeconds is how long a boot took to reach its login prompt. To moto an
// instance runs at once, so its boot began as long before.
const bootSeconds = 12.41

const kernelVersion = "6.1.119-129.201.amzn2023.x86_64"

// consoleLog is a boot as Amazon Linux 2023 writes it, in short, up to the login
// prompt and, where the kernel crashed, to its end.
func consoleLog(i instance, b boot) string {
	host := "ip-" + strings.ReplaceAll(i.IP, ".", "-")
	var log strings.Builder
	say := func(at float64, format string, args ...any) {
		fmt.Fprintf(&log, "[%12.6f] %s\n", at, fmt.Sprintf(format, args...))
	}
	say(0, "Linux version %s (mockbuild@ip-10-0-38-71) #1 SMP PREEMPT_DYNAMIC", kernelVersion)
	say(0, "Command line: BOOT_IMAGE=(hd0,gpt1)/boot/vmlinuz-%s root=/dev/nvme0n1p1 ro console=tty0 console=ttyS0,115200n8", kernelVersion)
	say(0, "DMI: Amazon EC2 %s/, BIOS 1.0 10/16/2017", i.Type)
	say(0, "Hypervisor detected: KVM")
	say(0.114028, "smpboot: Allowing 2 CPUs, 0 hotplug CPUs")
	say(1.027316, "nvme nvme0: pci function 0000:00:04.0")
	say(1.391804, "ena 0000:00:05.0 ens5: renamed from eth0")
	say(2.205117, "XFS (nvme0n1p1): Mounting V5 Filesystem")
	say(2.318942, "XFS (nvme0n1p1): Ending clean mount")
	say(2.774480, "systemd[1]: Detected virtualization amazon.")
	say(2.781093, "systemd[1]: Hostname set to <%s>.", i.Name)
	for _, unit := range []string{
		"systemd-networkd.service - Network Configuration", "sshd.service - OpenSSH server daemon", "amazon-ssm-agent.service - amazon-ssm-agent",
	} {
		log.WriteString("[  OK  ] Started " + unit + ".\n")
	}
	log.WriteString("[  OK  ] Reached target multi-user.target - Multi-User System.\n")
	say(bootSeconds, "cloud-init[1742]: Cloud-init v. 22.2.2 finished at %s. Datasource DataSourceEc2.  Up %.2f seconds",
		b.at.UTC().Format(time.RFC1123Z), bootSeconds)
	fmt.Fprintf(&log, "\nAmazon Linux 2023\nKernel %s on an x86_64 (-)\n\n%s login: ", kernelVersion, host)
	if b.crash.IsZero() {
		return log.String()
	}
	log.WriteByte('\n')
	at := bootSeconds + max(0, b.crash.Sub(b.at).Seconds())
	for n, line := range []string{
		"sysrq: Trigger a crash",
		"Kernel panic - not syncing: sysrq triggered crash",
		"CPU: 1 PID: 2817 Comm: sh Not tainted " + kernelVersion + " #1",
		"Hardware name: Amazon EC2 " + i.Type + "/, BIOS 1.0 10/16/2017",
		"Call Trace:",
		" <TASK>",
		" dump_stack_lvl+0x34/0x48",
		" panic+0x107/0x2cf",
		" sysrq_handle_crash+0x16/0x20",
		" __handle_sysrq.cold+0x43/0x11c",
		" write_sysrq_trigger+0x24/0x40",
		" proc_reg_write+0x53/0xa0",
		" vfs_write+0xc1/0x3b0",
		" ksys_write+0x5b/0xe0",
		" do_syscall_64+0x35/0x80",
		" </TASK>",
		"---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
	} {
		say(at+float64(n)*0.000731, "%s", line)
	}
	return log.String()
}
