package localdiscord

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// apiError is a refusal in Discord's words: an HTTP status and a body.
type apiError struct {
	status  int
	Message string         `json:"message"`
	Code    int            `json:"code"`
	Errors  map[string]any `json:"errors,omitempty"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.Code, e.Message) }

// Discord's JSON error codes (documentation, "Opcodes and Status Codes").
var (
	errNotFound           = &apiError{status: 404, Message: "404: Not Found"}
	errUnauthorized       = &apiError{status: 401, Message: "401: Unauthorized"}
	errUnknownChannel     = &apiError{status: 404, Code: 10003, Message: "Unknown Channel"}
	errUnknownGuild       = &apiError{status: 404, Code: 10004, Message: "Unknown Guild"}
	errUnknownMember      = &apiError{status: 404, Code: 10007, Message: "Unknown Member"}
	errUnknownMessage     = &apiError{status: 404, Code: 10008, Message: "Unknown Message"}
	errUnknownUser        = &apiError{status: 404, Code: 10013, Message: "Unknown User"}
	errUnknownWebhook     = &apiError{status: 404, Code: 10015, Message: "Unknown Webhook"}
	errUnknownInteraction = &apiError{status: 404, Code: 10062, Message: "Unknown interaction"}
	errUnknownCommand     = &apiError{status: 404, Code: 10063, Message: "Unknown application command"}
	errTooManyAttachments = &apiError{status: 400, Code: 30015, Message: "Maximum number of attachments in a message reached (10)"}
	errTooLarge           = &apiError{status: 413, Code: 40005, Message: "Request entity too large"}
	errAnswered           = &apiError{status: 400, Code: 40060, Message: "Interaction has already been acknowledged."}
	errMissingAccess      = &apiError{status: 403, Code: 50001, Message: "Missing Access"}
	errNotAuthor          = &apiError{status: 403, Code: 50005, Message: "Cannot edit a message authored by another user"}
	errEmptyMessage       = &apiError{status: 400, Code: 50006, Message: "Cannot send an empty message"}
	errDMsClosed          = &apiError{status: 403, Code: 50007, Message: "Cannot send messages to this user"}
	errMissingPermissions = &apiError{status: 403, Code: 50013, Message: "Missing Permissions"}
	errChannelType        = &apiError{status: 400, Code: 50024, Message: "Cannot execute action on this channel type"}
	errInvalidToken       = &apiError{status: 401, Code: 50027, Message: "Invalid Webhook Token"}
	errInvalidJSON        = &apiError{status: 400, Code: 50109, Message: "The request body contains invalid JSON."}
	errInvalidVersion     = &apiError{status: 400, Code: 50041, Message: "Invalid API version provided"}
	errArchived           = &apiError{status: 400, Code: 50083, Message: "Thread is archived"}
	errThreadExists       = &apiError{status: 400, Code: 160004, Message: "A thread has already been created for this message"}
	errThreadLocked       = &apiError{status: 400, Code: 160005, Message: "Thread is locked"}
)

// form collects what is wrong with a request body, by field, and becomes one
// 50035 error.
type form struct{ errors map[string]any }

// add notes an error under a dotted path such as "embeds.0.title". Nothing is
// noted below a value that is wrong as a whole: Discord tells one or the other.
func (f *form) add(path, code, format string, args ...any) {
	if f.errors == nil {
		f.errors = map[string]any{}
	}
	node := f.errors
	for _, key := range strings.Split(path, ".") {
		if node["_errors"] != nil {
			return
		}
		next, ok := node[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			node[key] = next
		}
		node = next
	}
	list, _ := node["_errors"].([]map[string]string)
	clear(node) // what is wrong with the whole is said instead of what is wrong in it
	node["_errors"] = append(list, map[string]string{"code": code, "message": fmt.Sprintf(format, args...)})
}

// maxLength refuses text of more than n characters.
func (f *form) maxLength(path, text string, n int) {
	if len([]rune(text)) > n {
		f.add(path, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", n)
	}
}

// length refuses text that has not between lo and hi characters.
func (f *form) length(path, text string, lo, hi int) {
	switch n := len([]rune(text)); {
	case n == 0 && lo > 0:
		f.required(path)
	case n < lo || n > hi:
		f.add(path, "BASE_TYPE_BAD_LENGTH", "Must be between %d and %d in length.", lo, hi)
	}
}

func (f *form) required(path string) {
	f.add(path, "BASE_TYPE_REQUIRED", "This field is required")
}

func (f *form) choice(path, allowed string) {
	f.add(path, "BASE_TYPE_CHOICES", "Value must be one of {%s}.", allowed)
}

// err is nil when nothing was noted.
func (f *form) err() error {
	if f.errors == nil {
		return nil
	}
	return &apiError{status: http.StatusBadRequest, Code: 50035, Message: "Invalid Form Body", Errors: f.errors}
}

// asAPIError turns whatever a handler returned into a body.
func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge
	}
	return &apiError{status: http.StatusInternalServerError, Message: "500: Internal Server Error"}
}
