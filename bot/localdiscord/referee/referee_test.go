package referee

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// mustNew gives a referee, or says why there is none.
func mustNew(t *testing.T) *Referee {
	t.Helper()
	r, err := New()
	if missing(err) && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// exchange is a request and the answer that a server of the test gives.
type exchange struct {
	method, path, body string
	contentType        string // application/json if empty
	status             int    // 200 if 0
	answer             string
	deliberate, nobody bool // marked as wrong; without a token
}

func (r *Referee) see(x exchange) {
	req := httptest.NewRequest(x.method, "http://127.0.0.1/api/v10"+x.path, strings.NewReader(x.body))
	req.Header.Set("Content-Type", "application/json")
	if x.contentType != "" {
		req.Header.Set("Content-Type", x.contentType)
	}
	if x.deliberate {
		req.Header.Set(Wrong, "yes")
	}
	if !x.nobody {
		req.Header.Set("Authorization", "Bot token")
	}
	r.Watch(http.HandlerFunc(func(w http.ResponseWriter, got *http.Request) {
		if text, _ := io.ReadAll(got.Body); string(text) != x.body {
			panic("the server does not get the body")
		}
		if x.answer != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(max(x.status, 200))
		_, _ = io.WriteString(w, x.answer)
	})).ServeHTTP(httptest.NewRecorder(), req)
}

const (
	user    = `{"id":"7","username":"bot","global_name":null,"discriminator":"0","avatar":null,"public_flags":0,"flags":0,"primary_guild":null}`
	posted  = `{"id":"9","channel_id":"8","type":0,"author":` + user + `,"content":"x","timestamp":"2026-11-23T18:00:00Z","edited_timestamp":null,"tts":false,"pinned":false,"mention_everyone":false,"mentions":[],"mention_roles":[],"embeds":[],"components":[],"attachments":[],"flags":0}`
	invalid = `{"message":"Invalid Form Body","code":50035,"errors":{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 2000 or fewer in length."}]}}}`
)

func long(n int) string { return strings.Repeat("x", n) }

// TestReferee breaks each thing that it looks at, once. What is right is
// beside it, so that a referee who rejects everything fails as well.
func TestReferee(t *testing.T) {
	mustNew(t) // or skip here, once
	const messages, callback = "/channels/8/messages", "/interactions/1/tOkEn/callback"
	post := func(body string) exchange {
		return exchange{method: "POST", path: messages, body: body, answer: posted}
	}
	reply := func(body string) exchange {
		return exchange{method: "POST", path: callback, body: body, status: 204, nobody: true}
	}
	commands := func(body string) exchange {
		return exchange{method: "PUT", path: "/applications/7/guilds/6/commands", body: body, answer: "[]"}
	}
	form := func(fields ...string) exchange {
		var text bytes.Buffer
		w := multipart.NewWriter(&text)
		for _, f := range fields {
			name, content, _ := strings.Cut(f, "=")
			create := w.CreateFormField
			if name != "payload_json" {
				create = func(name string) (io.Writer, error) { return w.CreateFormFile(name, "inc.md") }
			}
			part, err := create(name)
			if err == nil {
				_, err = io.WriteString(part, content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		_ = w.Close() // into memory
		return exchange{method: "POST", path: messages, body: text.String(), contentType: w.FormDataContentType(), answer: posted}
	}
	rows := func(rows ...string) string { return `{"components":[` + strings.Join(rows, ",") + `]}` }
	row := func(components ...string) string {
		return `{"type":1,"components":[` + strings.Join(components, ",") + `]}`
	}
	press := func(id string) string { return `{"type":2,"style":1,"label":"x","custom_id":"` + id + `"}` }

	for name, c := range map[string]struct {
		exchange
		want string // of the one rejection; empty: none
	}{
		"a message":              {post(`{"content":"x"}`), ""},
		"2000 characters":        {post(`{"content":"` + long(2000) + `"}`), ""},
		"2001 characters":        {post(`{"content":"` + long(2001) + `"}`), "2000"},
		"4001 characters":        {post(`{"content":"` + long(4001) + `"}`), "/content"},
		"content of a number":    {post(`{"content":5}`), "/content"},
		"an empty message":       {post(`{"content":" "}`), "empty"},
		"no JSON":                {post(`content`), "not JSON"},
		"no body":                {post(``), "body is required"},
		"a body as text":         {exchange{method: "POST", path: messages, contentType: "text/plain", body: `{"content":"x"}`, answer: posted}, "text/plain"},
		"embed title of 257":     {post(`{"embeds":[{"title":"` + long(257) + `"}]}`), "/embeds/0/title"},
		"embeds of 6001":         {post(`{"embeds":[{"description":"` + long(4000) + `"},{"description":"` + long(2001) + `"}]}`), "6000"},
		"an empty field":         {post(`{"embeds":[{"fields":[{"name":"x","value":""}]}]}`), "field without"},
		"five rows":              {post(rows(row(press("a")), row(press("b")), row(press("c")), row(press("d")), row(press("e")))), ""},
		"six rows":               {post(rows(row(press("a")), row(press("b")), row(press("c")), row(press("d")), row(press("e")), row(press("f")))), "6 rows"},
		"six buttons":            {post(rows(row(press("a"), press("b"), press("c"), press("d"), press("e"), press("f")))), "components"},
		"a button outside a row": {post(rows(press("a"))), "components"},
		"a button without an id": {post(rows(row(`{"type":2,"style":1,"label":"x"}`))), "custom_id"},
		"a button without words": {post(rows(row(`{"type":2,"style":1,"custom_id":"a"}`))), "neither label"},
		"the same button twice":  {post(rows(row(press("a"), press("a")))), "twice"},
		"a link without a URL":   {post(rows(row(`{"type":2,"style":5,"label":"x"}`))), "components"},
		"mentions both ways":     {post(`{"content":"x","allowed_mentions":{"parse":["users"],"users":["7"]}}`), "exclude each other"},
		"a nonce of 26":          {post(`{"content":"x","nonce":"` + long(26) + `"}`), "/nonce"},
		"a path of nobody":       {exchange{method: "POST", path: "/channels/8/gossip", body: `{}`}, "no such operation"},
		"a method of nobody":     {exchange{method: "PUT", path: messages, body: `{}`}, "no such operation"},
		"a channel by its name":  {exchange{method: "POST", path: "/channels/alerts/messages", body: `{"content":"x"}`, answer: posted}, "channel_id"},
		"no token":               {exchange{method: "POST", path: messages, body: `{"content":"x"}`, answer: posted, nobody: true}, "token"},
		"a body for no body":     {exchange{method: "DELETE", path: messages + "/9", body: `{}`, status: 204}, "none is described"},

		"a file":             {form(`payload_json={"content":"x"}`, "files[0]=hello"), ""},
		"a file alone":       {form(`payload_json={}`, "files[0]=hello"), ""},
		"a form and no file": {form(`payload_json={}`), "empty"},
		"a wrong form":       {form(`payload_json={"content":5}`, "files[0]=hello"), "/content"},
		"a form of fields":   {form(`content=x`), "no payload_json"},
		"a file elsewhere":   {form(`payload_json={}`, "attachment=hello"), "files[0]"},

		"a deferral":           {reply(`{"type":5}`), ""},
		"choices":              {reply(`{"type":8,"data":{"choices":[]}}`), ""},
		"choices absent":       {reply(`{"type":8,"data":{}}`), "choices"},
		"a type of nobody":     {reply(`{"type":77}`), "/type"},
		"a reply of 2001":      {reply(`{"type":4,"data":{"content":"` + long(2001) + `"}}`), "/data/content"},
		"an empty reply":       {reply(`{"type":4,"data":{}}`), "empty"},
		"buttons taken away":   {reply(`{"type":7,"data":{"content":"","components":[]}}`), ""},
		"an answer to a reply": {exchange{method: "POST", path: callback, body: `{"type":5}`, answer: `{}`, nobody: true}, "answer of POST"},

		"a command":                {commands(`[{"name":"ack","description":"x","default_member_permissions":"0"}]`), ""},
		"permissions in words":     {commands(`[{"name":"ack","description":"x","default_member_permissions":"all"}]`), "default_member_permissions"},
		"a command in capitals":    {commands(`[{"name":"Ack","description":"x"}]`), "no name"},
		"a command of 33":          {commands(`[{"name":"` + long(33) + `","description":"x"}]`), "/0/name"},
		"a command twice":          {commands(`[{"name":"ack","description":"x"},{"name":"ack","description":"x"}]`), "twice"},
		"required after optional":  {commands(`[{"name":"ack","description":"x","options":[{"type":3,"name":"a","description":"x"},{"type":3,"name":"b","description":"x","required":true}]}]`), "after an optional"},
		"a command of 8001":        {commands(`[{"name":"ack","description":"x","options":[` + manyChoices() + `]}]`), "8000"},
		"thread of an odd time":    {exchange{method: "POST", path: messages + "/9/threads", body: `{"name":"x","auto_archive_duration":77}`, status: 201, answer: `{}`}, "auto_archive_duration"},
		"an answer without author": {exchange{method: "GET", path: messages + "/9", answer: strings.Replace(posted, `"author"`, `"writer"`, 1)}, "author"},
		"an answer of null":        {exchange{method: "GET", path: messages + "/9", answer: strings.Replace(posted, `"embeds":[]`, `"embeds":null`, 1)}, "/embeds"},
		"no answer":                {exchange{method: "GET", path: messages + "/9"}, "content type"},
		"201 for 200":              {exchange{method: "GET", path: messages + "/9", status: 201, answer: posted}, "status is not supported"},
		"a refusal":                {exchange{method: "GET", path: messages + "/9", status: 404, answer: `{"message":"Unknown Message","code":10008}`}, ""},
		"a refusal in words":       {exchange{method: "GET", path: messages + "/9", status: 404, answer: `{"error":"who?"}`}, "missing properties"},
		"too many":                 {exchange{method: "GET", path: messages + "/9", status: 429, answer: `{"message":"slow","retry_after":0.5,"global":false}`}, ""},
		"too many, until when":     {exchange{method: "GET", path: messages + "/9", status: 429, answer: `{"message":"slow","global":false}`}, "retry_after"},
		"a broken answer":          {exchange{method: "GET", path: messages + "/9", status: 502, answer: `{}`}, ""},

		"wrong on purpose":           {exchange{method: "POST", path: messages, body: `{"content":"` + long(2001) + `"}`, status: 400, answer: invalid, deliberate: true}, ""},
		"wrong and not refused":      {exchange{method: "POST", path: messages, body: `{"content":"` + long(2001) + `"}`, answer: posted, deliberate: true}, "was not refused"},
		"right, and marked as wrong": {exchange{method: "POST", path: messages, body: `{"content":"x"}`, answer: posted, deliberate: true}, "nothing is wrong"},
		"right, and refused":         {exchange{method: "POST", path: messages, body: `{"content":"x"}`, status: 400, answer: invalid}, "nothing here says why"},
		"a code that is no word":     {exchange{method: "POST", path: messages, body: `{"content":5}`, status: 400, answer: strings.Replace(invalid, `"BASE_TYPE_MAX_LENGTH"`, "7", 1), deliberate: true}, "answer of POST"},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustNew(t)
			r.see(c.exchange)
			got := r.Rejected()
			if c.want == "" && len(got) > 0 {
				t.Errorf("rejected: %q", got)
			}
			if c.want != "" && (len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), c.want)) {
				t.Errorf("got %q, want one with %q", got, c.want)
			}
		})
	}
}

// manyChoices is an option with more text than a command may have.
func manyChoices() string {
	choice := `{"name":"` + long(100) + `","value":"` + long(100) + `"},`
	option := `{"type":3,"name":"NAME","description":"x","choices":[` + strings.TrimSuffix(strings.Repeat(choice, 25), ",") + `]},`
	return strings.Replace(option, "NAME", "a", 1) + strings.TrimSuffix(strings.Replace(option, "NAME", "b", 1), ",")
}
