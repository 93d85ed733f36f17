package gateway

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
)

// inside decodes the first element of that name into out.
func inside(doc []byte, name string, out any) error {
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return fmt.Errorf("moto's answer has no %s", name)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			return dec.DecodeElement(out, &start)
		}
	}
}
