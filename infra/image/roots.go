package image

import (
	"bytes"
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// certificates is the file of the authorities that an image trusts. They are
// those of Mozilla's list that the Go project publishes as a module: compiled
// into the bot and pinned by go.sum, so that making an image neither needs the
// network nor depends on the machine. It is a file, and not compiled into the
// programs, because Terraform and its providers read it in the bot's image too.
// A file cannot say that an authority is trusted up to a date only, so those
// are left out.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
		}
	}
	return out.Bytes()
}
