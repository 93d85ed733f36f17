package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/chaotic-good/scenarios/bot/doctor"
	"github.com/chaotic-good/scenarios/bot/ledger"
)

// keptIn looks at the ledger and the bot's own key in a state folder.
func keptIn(state string) doctor.Finding {
	if state == "" {
		return doctor.Blind("there is no state folder.")
	}
	path := filepath.Join(state, "ledger.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return doctor.Well("There is none yet, the bot will begin one.")
	}
	last, err := ledger.Glance(path)
	switch {
	case errors.Is(err, ledger.ErrInUse):
		return doctor.Well("A bot is running on it.")
	case errors.Is(err, fs.ErrPermission):
		return doctor.Finding{State: doctor.Wrong, Says: "The user who runs this may not open it.", Mend: "Give " + path + " to the user who runs the bot, or run this as that user."}
	case err != nil:
		return doctor.Finding{State: doctor.Wrong, Says: "It cannot be read: " + strings.ReplaceAll(err.Error(), "\n", "; ") + ".", Mend: "Stop the bot, and put the last backup of the state folder back."}
	case last > 0 && !hasKey(state):
		return doctor.Finding{State: doctor.Warning, Says: "The bot's own key is not beside it: rounds that are open get no alerts.", Mend: "Put the file `key` back from a backup, or destroy those rounds."}
	}
	return doctor.Well("It can be read, %d events.", last)
}

func hasKey(state string) bool {
	info, err := os.Stat(filepath.Join(state, "key"))
	return err == nil && info.Size() > 0
}
