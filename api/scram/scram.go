// Package scram digests a password as PostgreSQL keeps it, so that the password
// itself is in no statement, and so in no log.
//
// It knows RFC 5803 and nothing of servers, logins or who has them.
package scram

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Verifier is what PostgreSQL keeps of a password (RFC 5803, and
// PostgreSQL's page on pg_authid): enough to check it, too little to use it.
func Verifier(password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	return with(password, salt)
}

func with(password string, salt []byte) (string, error) {
	// Others would have to be normalised first; ours are made of these.
	if password == "" || strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", errors.New("a password must be of printable ASCII letters")
	}
	const rounds = 4096 // PostgreSQL's own default
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("digest password: %w", err)
	}
	keyed := func(text string) []byte {
		m := hmac.New(sha256.New, salted)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, b64(salt), b64(stored[:]), b64(keyed("Server Key"))), nil
}
