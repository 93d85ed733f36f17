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
	"slices"
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

// mend changes the description where it is known to be wrong. Its mistake about
// files is mended in bodyOf.
func mend(tree any) error {
	// Permissions are a string in Discord's documentation and in what libraries
	// send; a number is taken as well.
	for _, schema := range []string{"ApplicationCommandCreateRequest", "ApplicationCommandUpdateRequest", "ApplicationCommandPatchRequestPartial"} {
		field, ok := dig(tree, "components", "schemas", schema, "properties", "default_member_permissions")
		if !ok {
			return fmt.Errorf("%s.default_member_permissions: %w", schema, errChanged)
		}
		field["type"] = []any{"integer", "string", "null"}
		field["pattern"] = "^[0-9]+$"
	}
	// The code of an error is a number; that of an error of a field is a word,
	// such as BASE_TYPE_MAX_LENGTH.
	list, ok := dig(tree, "components", "schemas", "InnerErrors", "properties", "_errors")
	if !ok {
		return fmt.Errorf("InnerErrors: %w", errChanged)
	}
	list["items"] = map[string]any{
		"type": "object", "required": []any{"code", "message"}, "additionalProperties": false,
		"properties": map[string]any{"code": map[string]any{"type": "string"}, "message": map[string]any{"type": "string"}},
	}
	// A 429 has a code for some limits only, says the documentation.
	limited, ok := dig(tree, "components", "schemas", "RatelimitedResponse")
	if !ok {
		return fmt.Errorf("RatelimitedResponse: %w", errChanged)
	}
	limited["properties"] = map[string]any{"message": map[string]any{"type": "string"}, "code": map[string]any{"type": "integer"}}
	limited["required"] = []any{"message"}
	all, _ := limited["allOf"].([]any)
	limited["allOf"] = slices.DeleteFunc(all, func(part any) bool { _, ref := part.(map[string]any)["$ref"]; return ref })
	return nil
}

var errChanged = errors.New("Discord's description has changed there; look whether its mistake is still in it")

func dig(node any, path ...string) (map[string]any, bool) {
	at, ok := node.(map[string]any)
	for _, key := range path {
		if !ok {
			return nil, false
		}
		at, ok = at[key].(map[string]any)
	}
	return at, ok
}

// missing tells whether an error only says that the description is not here.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
