package gateway

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// compare evaluates one key of a condition. known is false where the operator
// or the key is foreign to the gateway.
func compare(operator, key string, want texts, f facts) (ok, known bool) {
	quantifier, name, found := strings.Cut(operator, ":")
	if !found {
		quantifier, name = "", operator
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	if !knows(key) {
		return false, false
	}
	have := f[strings.ToLower(key)]
	if name == "Null" {
		return len(want) == 1 && (want[0] == "true") == (len(have) == 0), true
	}
	op, known := operators[name]
	if !known {
		return false, false
	}
	if len(have) == 0 {
		switch {
		case ifExists, quantifier == "ForAllValues":
			return true, true
		case quantifier == "ForAnyValue":
			return false, true
		}
		return op.negated, true
	}
	// The values of a policy are alternatives: one has to match; of a negated
	// operator none may.
	matches := func(h string) bool {
		for _, w := range want {
			if op.match(w, h, f) {
				return !op.negated
			}
		}
		return op.negated
	}
	switch quantifier {
	case "ForAllValues":
		for _, h := range have {
			if !matches(h) {
				return false, true
			}
		}
		return true, true
	case "", "ForAnyValue":
		for _, h := range have {
			if matches(h) {
				return true, true
			}
		}
		return false, true
	}
	return false, false
}

// operator compares a value of the policy with one of the call.
type operator struct {
	match   func(want, have string, f facts) bool
	negated bool
}

// operators are IAM's, but for those on binary values.
var operators = map[string]operator{
	"StringEquals":              {match: equal},
	"StringNotEquals":           {match: equal, negated: true},
	"StringEqualsIgnoreCase":    {match: equalFold},
	"StringNotEqualsIgnoreCase": {match: equalFold, negated: true},
	"StringLike":                {match: like},
	"StringNotLike":             {match: like, negated: true},
	"ArnEquals":                 {match: arnLike},
	"ArnNotEquals":              {match: arnLike, negated: true},
	"ArnLike":                   {match: arnLike},
	"ArnNotLike":                {match: arnLike, negated: true},
	"Bool":                      {match: equalFold},
	"IpAddress":                 {match: inRange},
	"NotIpAddress":              {match: inRange, negated: true},
	"NumericEquals":             {match: ordered(number, func(c int) bool { return c == 0 })},
	"NumericNotEquals":          {match: ordered(number, func(c int) bool { return c == 0 }), negated: true},
	"NumericLessThan":           {match: ordered(number, func(c int) bool { return c < 0 })},
	"NumericLessThanEquals":     {match: ordered(number, func(c int) bool { return c <= 0 })},
	"NumericGreaterThan":        {match: ordered(number, func(c int) bool { return c > 0 })},
	"NumericGreaterThanEquals":  {match: ordered(number, func(c int) bool { return c >= 0 })},
	"DateEquals":                {match: ordered(date, func(c int) bool { return c == 0 })},
	"DateNotEquals":             {match: ordered(date, func(c int) bool { return c == 0 }), negated: true},
	"DateLessThan":              {match: ordered(date, func(c int) bool { return c < 0 })},
	"DateLessThanEquals":        {match: ordered(date, func(c int) bool { return c <= 0 })},
	"DateGreaterThan":           {match: ordered(date, func(c int) bool { return c > 0 })},
	"DateGreaterThanEquals":     {match: ordered(date, func(c int) bool { return c >= 0 })},
}

// equal compares whole texts; variables have their values, * is itself.
func equal(want, have string, f facts) bool {
	p, ok := expand(want, f.variable)
	if !ok || len(p) != len([]rune(have)) {
		return false
	}
	for i, c := range []rune(have) {
		if p[i] != c && (p[i] != anyText || c != '*') && (p[i] != anyRune || c != '?') {
			return false
		}
	}
	return true
}

func equalFold(want, have string, f facts) bool {
	return equal(strings.ToLower(want), strings.ToLower(have), f)
}

func like(want, have string, f facts) bool {
	p, ok := expand(want, f.variable)
	return ok && glob(p, have)
}

// arnLike matches part by part: a wildcard does not reach over a colon, but in
// the last part.
func arnLike(want, have string, f facts) bool {
	w, h := strings.SplitN(want, ":", 6), strings.SplitN(have, ":", 6)
	if len(w) != len(h) || len(w) != 6 {
		return false
	}
	for i := range w {
		if !like(w[i], h[i], f) {
			return false
		}
	}
	return true
}

func inRange(want, have string, _ facts) bool {
	ip, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	if r, err := netip.ParsePrefix(want); err == nil {
		return r.Contains(ip)
	}
	one, err := netip.ParseAddr(want)
	return err == nil && one == ip
}

// ordered compares the call's value with the policy's.
func ordered(read func(string) (float64, bool), holds func(int) bool) func(want, have string, f facts) bool {
	return func(want, have string, _ facts) bool {
		w, ok1 := read(want)
		h, ok2 := read(have)
		if !ok1 || !ok2 {
			return false
		}
		switch {
		case h < w:
			return holds(-1)
		case h > w:
			return holds(1)
		}
		return holds(0)
	}
}

func number(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func date(s string) (float64, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.Unix()), true
		}
	}
	return number(s)
}

func epoch(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
