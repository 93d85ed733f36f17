package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// How much has to be free: Terraform's providers alone take most of a gigabyte.
const (
	leastSpace = 100 << 20
	someSpace  = 1 << 30
)

// Disk is where the bot keeps what it must not lose.
type Disk struct {
	Folder   string
	Free     func(folder string) (bytes uint64, err error) // as FreeSpace does
	Writable func(folder string) error                     // as Writable does
}

// Check looks at the folder, or, before there is one, at where it would be made.
func (d Disk) Check() Check { return Check{"state folder", d.look} }

func (d Disk) look(context.Context) Finding {
	if d.Folder == "" {
		return Finding{Wrong, "The configuration names none.", "Set `state` to a folder that is kept and backed up."}
	}
	there, made, err := nearest(d.Folder)
	if err != nil {
		return Finding{Wrong, fmt.Sprintf("%s cannot be used: %s.", d.Folder, cause(err)), "Set `state` to a folder that the bot may use."}
	}
	if err := d.Writable(there); err != nil {
		return Finding{Wrong, fmt.Sprintf("The user who runs this may not write to %s: %s.", there, cause(err)),
			"Give the folder to the user who runs the bot, or run this as that user."}
	}
	info, err := os.Stat(there)
	free, ferr := d.Free(there)
	const room = "Make room on that disk, or set `state` to a folder on another one."
	switch {
	case err != nil || ferr != nil:
		return Finding{Warning, fmt.Sprintf("How much room there is in %s is not known: %s.", there, cause(errors.Join(err, ferr))), "Look by `df`."}
	case free < leastSpace:
		return Finding{Wrong, fmt.Sprintf("Only %s are free for %s, and a ledger that cannot grow stops the bot.", size(free), d.Folder), room}
	case free < someSpace:
		return Finding{Warning, fmt.Sprintf("Only %s are free for %s; Terraform and its providers need about 1 GiB.", size(free), d.Folder), room}
	case made && info.Mode().Perm()&0o077 != 0:
		return Finding{Warning, fmt.Sprintf("Others than its owner may look into %s, where the bot's own key is.", d.Folder), "chmod 700 " + d.Folder}
	case !made:
		return Well("%s does not exist yet, the bot will make it; %s are free.", d.Folder, size(free))
	}
	return Well("%s can be written to; %s are free.", d.Folder, size(free))
}

// nearest gives the folder itself, or the nearest above it that exists.
func nearest(folder string) (there string, made bool, err error) {
	if folder, err = filepath.Abs(folder); err != nil {
		return "", false, err
	}
	for there, made = folder, true; ; there, made = filepath.Dir(there), false {
		info, err := os.Stat(there)
		switch {
		case err == nil && info.IsDir():
			return there, made, nil
		case err == nil:
			return "", false, fmt.Errorf("%s is not a folder", there)
		case !errors.Is(err, fs.ErrNotExist) || there == filepath.Dir(there):
			return "", false, err
		}
	}
}

// cause is the last cause of an error, without the path that was named already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func size(bytes uint64) string {
	if bytes < 1<<30 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
