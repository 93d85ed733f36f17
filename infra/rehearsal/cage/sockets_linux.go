package cage

import (
	"fmt"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
)

// closeSockets takes the sockets away that Landlock does not hold: those with a
// path, behind which there may be somebody with more rights, such as this
// machine's own PostgreSQL; and other ways to speak TCP. What is allowed is
// listed, so that no odd number passes for something else.
func closeSockets() error {
	is := func(argument uint32, values ...uint64) (no seccomp.ArgumentConditions) {
		for _, v := range values {
			no = append(no, seccomp.Condition{Argument: argument, Operation: seccomp.NotEqual, Value: v})
		}
		return no
	}
	const family, protocol = 0, 2
	err := seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls: []seccomp.SyscallGroup{{
				Action: seccomp.ActionErrno,
				Names:  []string{"io_uring_setup"}, // it opens sockets, too, and asks no filter
				NamesWithCondtions: []seccomp.NameWithConditions{
					{Name: "socket", Conditions: is(family, syscall.AF_INET, syscall.AF_INET6)},
					{Name: "socket", Conditions: is(protocol, 0, syscall.IPPROTO_TCP, syscall.IPPROTO_UDP)},
				},
			}},
		},
	})
	if err != nil {
		return fmt.Errorf("take sockets away: %w", err)
	}
	return nil
}
