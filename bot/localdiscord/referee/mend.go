package referee

import (
	"errors"
	"fmt"
	"slices"
)

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

var errChanged = errors.New("the description has changed there; look whether its mistake is still in it")

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
