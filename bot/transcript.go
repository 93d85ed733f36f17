package main

import (
	"regexp"
	"strconv"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// What Discord's clients draw in their own way: <t:1795628758:t> is a time, <@id>
// a person. A mention that somebody typed into a note has other brackets.
var (
	drawnTime   = regexp.MustCompile(`<t:(\d+)(?::([a-zA-Z]))?>`)
	drawnPerson = regexp.MustCompile("[<\u2039]@\u200b?!?(\\d+)[>\u203a]")
)

// spoken writes a message for a terminal: the time of day in the zone, and
// people by their names.
func spoken(text string, people []localdiscord.Person, zone *time.Location) string {
	text = drawnTime.ReplaceAllStringFunc(text, func(mark string) string {
		m := drawnTime.FindStringSubmatch(mark)
		seconds, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return mark
		}
		layout := "15:04"
		if m[2] == "T" {
			layout = "15:04:05"
		}
		clock := time.Unix(seconds, 0).In(zone).Format(layout)
		if m[2] == "R" {
			return "at " + clock
		}
		return clock
	})
	return drawnPerson.ReplaceAllStringFunc(text, func(mark string) string {
		return nameOf(drawnPerson.FindStringSubmatch(mark)[1], people, mark)
	})
}

// nameOf writes a person as a chat does; one who is not known stays as written.
func nameOf(id string, people []localdiscord.Person, unknown string) string {
	for _, p := range people {
		if p.ID == id {
			return "@" + p.Name
		}
	}
	return unknown
}
