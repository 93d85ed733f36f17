package referee

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is beside the repository, because it is not ours.
const description = "../shared/facts/discord-openapi.json.gz"

// rules is the description, ready to be asked.
type rules struct {
	doc    *openapi3.T
	router routers.Router

	// The schemas of bodies are compiled once each. kin-openapi compiles them
	// anew for every body, with the same validator, which takes 30 ms for a
	// message: enough to change what a test of time limits sees.
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

// loaded reads the description once in a program: it takes a fifth of a second.
var loaded = sync.OnceValues(func() (*rules, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	raw, err := read(filepath.Join(root, filepath.FromSlash(description)))
	if err != nil {
		return nil, fmt.Errorf("read Discord's OpenAPI description: %w", err)
	}
	return parse(raw)
})

// moduleRoot looks above the folder in which go test runs the tests.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the test's folder")
		}
		dir = up
	}
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

const resource = "discord.json"

func parse(raw []byte) (*rules, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read Discord's OpenAPI description: %w", err)
	}
	if err := mend(tree); err != nil {
		return nil, err
	}
	if raw, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	r := &rules{compiler: jsonschema.NewCompiler()}
	r.compiler.AssertFormat()
	if err := r.compiler.AddResource(resource, tree); err != nil {
		return nil, err
	}
	if r.doc, err = openapi3.NewLoader().LoadFromData(raw); err != nil {
		return nil, fmt.Errorf("load Discord's OpenAPI description: %w", err)
	}
	r.doc.Servers = nil // paths are matched whatever the host
	if r.router, err = gorillamux.NewRouter(r.doc); err != nil {
		return nil, fmt.Errorf("route Discord's OpenAPI description: %w", err)
	}
	return r, nil
}

// missing tells whether an error only says that the description is not here.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
