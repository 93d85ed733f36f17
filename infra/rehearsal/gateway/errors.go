package gateway

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// apiError is an error in AWS's words, for the caller.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// badRequest is the common kind of apiError.
func badRequest(code, format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// response is one answer, whole.
type response struct {
	status int
	header http.Header
	body   []byte
}

// refusal writes an error as the service would. What is not an apiError is
// AWS's internal failure; its cause goes to the log only.
func refusal(r *request, err error) *response {
	said := &apiError{http.StatusInternalServerError, internalCode(r.proto), "An internal error has occurred. Retry your request."}
	errors.As(err, &said)
	h := http.Header{}
	resp := &response{status: said.status, header: h}
	message := escape(said.message)
	switch r.proto {
	case ec2Query:
		h.Set("Content-Type", "text/xml;charset=UTF-8")
		resp.body = fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>",
			said.code, message, r.id)
	case query, restXML:
		if r.signing == "s3" { // alone among those that speak XML
			h.Set("Content-Type", "application/xml")
			resp.body = fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>%s</Code><Message>%s</Message><RequestId>%s</RequestId></Error>",
				said.code, message, r.id)
			break
		}
		h.Set("Content-Type", "text/xml")
		resp.body = fmt.Appendf(nil, "<ErrorResponse><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
			side(said.status), said.code, message, r.id)
	case restJSON:
		h.Set("Content-Type", "application/json")
		h.Set("X-Amzn-Errortype", said.code)
		resp.body = jsonBody(map[string]string{"message": said.message})
	default:
		h.Set("Content-Type", r.header.Get("Content-Type"))
		if r.proto == jsonQuery {
			h.Set("X-Amzn-Query-Error", said.code+";"+side(said.status))
		}
		resp.body = jsonBody(map[string]string{"__type": said.code, "message": said.message, "Message": said.message})
	}
	h.Set("Content-Length", strconv.Itoa(len(resp.body)))
	return resp
}

func internalCode(p protocol) string {
	switch p {
	case ec2Query, restXML:
		return "InternalError"
	}
	return "InternalFailure"
}

func side(status int) string {
	if status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// isPage: moto answers with a page of HTML where it crashed or has no route.
func isPage(resp *response) bool {
	return resp.status >= 400 && (strings.HasPrefix(resp.header.Get("Content-Type"), "text/html") &&
		bytes.Contains(bytes.ToLower(resp.body[:min(len(resp.body), 64)]), []byte("<!doctype html")))
}

// crashed is what AWS would have said instead of the page.
func crashed(resp *response) error {
	if resp.status == http.StatusNotFound {
		return &apiError{http.StatusNotFound, "UnknownOperationException", "The rehearsal does not have this operation."}
	}
	return errors.New("moto crashed")
}

var codeElement = regexp.MustCompile(`<Code>([^<]+)</Code>\s*(?:<Message>([^<]*)</Message>)?`)

// errorOf reads code and message off an error's answer; both are empty where
// the call succeeded.
func errorOf(resp *response) (code, message string) {
	if resp.status < 300 {
		return "", ""
	}
	var said struct {
		Type     string `json:"__type"`
		Message  string `json:"message"`
		Message2 string `json:"Message"`
	}
	if json.Unmarshal(resp.body, &said) == nil {
		code = said.Type
		if t := resp.header.Get("X-Amzn-Errortype"); code == "" {
			code = t
		}
		message = said.Message + said.Message2
		if said.Message != "" {
			message = said.Message
		}
		code, _, _ = strings.Cut(last(code, "#"), ":")
	} else if m := codeElement.FindSubmatch(resp.body); m != nil {
		code, message = string(m[1]), string(m[2])
	}
	if code == "" {
		code = strconv.Itoa(resp.status)
	}
	return code, message
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer does not fail
	return b.String()
}

func jsonBody(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("gateway: " + err.Error()) // only values of ours come here
	}
	return b
}
