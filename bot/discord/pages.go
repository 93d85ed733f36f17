package discord

import (
	"strings"
	"unicode/utf8"

	"github.com/chaotic-good/scenarios/commands"
)

// pageLimit leaves room for the marks of a code block that is cut in two.
const pageLimit = commands.TextLimit - 100

// paginate packs sections into pages of at most limit characters. It breaks
// between sections, else between paragraphs, else between lines, else between
// words; a code block that it breaks goes on as one.
func paginate(sections []string, limit int) []string {
	var pages []string
	page := ""
	for _, s := range sections {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		for _, p := range split(s, "\n\n", limit, "\n\n", "\n", " ") {
			switch {
			case page == "":
				page = p.text
			case length(page)+length(p.gap)+length(p.text) <= limit:
				page += p.gap + p.text
			default:
				pages, page = append(pages, page), p.text
			}
		}
	}
	if page != "" {
		pages = append(pages, page)
	}
	return fence(pages)
}

// piece is a part of a text that stays whole, and what stands before it.
type piece struct{ gap, text string }

// split breaks a text into pieces of at most limit characters, at the first of
// the gaps; what is still too long is broken at the next.
func split(s, before string, limit int, gaps ...string) []piece {
	if length(s) <= limit {
		return []piece{{before, s}}
	}
	if len(gaps) == 0 {
		runes := []rune(s)
		return append([]piece{{before, string(runes[:limit])}}, split(string(runes[limit:]), "", limit)...)
	}
	var all []piece
	for i, part := range strings.Split(s, gaps[0]) {
		gap := gaps[0]
		if i == 0 {
			gap = before
		}
		all = append(all, split(part, gap, limit, gaps[1:]...)...)
	}
	return all
}

func length(s string) int { return utf8.RuneCountInString(s) }

// fence closes a code block at a page's end and opens it again on the next.
func fence(pages []string) []string {
	open := ""
	for i, p := range pages {
		if open != "" {
			p = open + "\n" + p
		}
		open = ""
		for _, l := range strings.Split(p, "\n") {
			if strings.HasPrefix(l, "```") {
				if open == "" {
					open = commands.Cut(strings.TrimSpace(l), 20)
				} else {
					open = ""
				}
			}
		}
		if open != "" {
			p += "\n```"
		}
		pages[i] = p
	}
	return pages
}
