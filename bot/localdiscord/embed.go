package localdiscord

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Embed is Discord's embed object.
type Embed struct {
	Title       string       `json:"title,omitempty"`
	Type        string       `json:"type,omitempty"`
	Description string       `json:"description,omitempty"`
	URL         string       `json:"url,omitempty"`
	Timestamp   string       `json:"timestamp,omitempty"`
	Color       int          `json:"color,omitempty"`
	Footer      *EmbedFooter `json:"footer,omitempty"`
	Image       *EmbedMedia  `json:"image,omitempty"`
	Thumbnail   *EmbedMedia  `json:"thumbnail,omitempty"`
	Author      *EmbedAuthor `json:"author,omitempty"`
	Fields      []EmbedField `json:"fields,omitempty"`
}

// EmbedFooter stands under an embed.
type EmbedFooter struct {
	Text    string `json:"text"`
	IconURL string `json:"icon_url,omitempty"`
}

// EmbedMedia is a picture; "attachment://name" means a file of the message.
type EmbedMedia struct {
	URL         string `json:"url"`
	ProxyURL    string `json:"proxy_url,omitempty"`
	Width       int    `json:"width,omitempty"`
	Height      int    `json:"height,omitempty"`
	Description string `json:"description,omitempty"`
}

// EmbedAuthor stands above an embed's title.
type EmbedAuthor struct {
	Name    string `json:"name"`
	URL     string `json:"url,omitempty"`
	IconURL string `json:"icon_url,omitempty"`
}

// EmbedField is a name and a value.
type EmbedField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline"`
}

// checkEmbeds trims all text, as Discord does before it counts, and notes
// every limit that is broken. The sum of 6000 holds over all embeds together.
func checkEmbeds(f *form, embeds []Embed) {
	if len(embeds) > 10 {
		f.add("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
	}
	sum := 0
	for i := range embeds {
		sum += embeds[i].check(f, "embeds."+strconv.Itoa(i))
	}
	if sum > 6000 {
		f.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
	}
}

// check returns how many characters count towards the sum.
func (e *Embed) check(f *form, path string) int {
	e.Type = "rich"
	n := 0
	text := func(field string, s *string, lo, hi int) {
		*s = strings.TrimSpace(*s)
		n += utf8.RuneCountInString(*s)
		if lo > 0 && *s == "" {
			f.required(path + "." + field)
			return
		}
		f.maxLength(path+"."+field, *s, hi)
	}
	text("title", &e.Title, 0, 256)
	text("description", &e.Description, 0, 4096)
	checkURL(f, path+".url", e.URL, false)
	if e.Footer != nil {
		text("footer.text", &e.Footer.Text, 0, 2048)
		checkURL(f, path+".footer.icon_url", e.Footer.IconURL, true)
	}
	if e.Author != nil {
		text("author.name", &e.Author.Name, 1, 256)
		checkURL(f, path+".author.url", e.Author.URL, false)
		checkURL(f, path+".author.icon_url", e.Author.IconURL, true)
	}
	if e.Image != nil {
		checkURL(f, path+".image.url", e.Image.URL, true)
	}
	if e.Thumbnail != nil {
		checkURL(f, path+".thumbnail.url", e.Thumbnail.URL, true)
	}
	if len(e.Fields) > 25 {
		f.add(path+".fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	for i := range e.Fields {
		text("fields."+strconv.Itoa(i)+".name", &e.Fields[i].Name, 1, 256)
		text("fields."+strconv.Itoa(i)+".value", &e.Fields[i].Value, 1, 1024)
	}
	return n
}

// empty: such an embed shows nothing, and a message of only those is refused.
func (e *Embed) empty() bool {
	return e.Title == "" && e.Description == "" && len(e.Fields) == 0 &&
		e.Image == nil && e.Thumbnail == nil && e.Author == nil && e.Footer == nil
}

// media lists the URLs of e that may name an attachment.
func (e *Embed) media() []*string {
	var urls []*string
	if e.Image != nil {
		urls = append(urls, &e.Image.URL)
	}
	if e.Thumbnail != nil {
		urls = append(urls, &e.Thumbnail.URL)
	}
	if e.Author != nil {
		urls = append(urls, &e.Author.IconURL)
	}
	if e.Footer != nil {
		urls = append(urls, &e.Footer.IconURL)
	}
	return urls
}

func checkURL(f *form, path, raw string, attachment bool) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || (u.Host == "" && u.Opaque == ""):
		f.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	case u.Scheme == "attachment" && attachment:
	case u.Scheme != "http" && u.Scheme != "https":
		f.add(path, "URL_TYPE_INVALID_SCHEME", "Scheme %q must be one of ('http', 'https').", u.Scheme)
	}
}

// texts lists everything that a reader of the embed can read.
func (e *Embed) texts() []string {
	all := []string{e.Title, e.Description, e.URL}
	if e.Author != nil {
		all = append(all, e.Author.Name, e.Author.URL)
	}
	for _, f := range e.Fields {
		all = append(all, f.Name, f.Value)
	}
	if e.Footer != nil {
		all = append(all, e.Footer.Text)
	}
	if e.Image != nil {
		all = append(all, e.Image.URL, e.Image.Description)
	}
	return all
}
