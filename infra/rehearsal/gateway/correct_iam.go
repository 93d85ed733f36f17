package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// boundaryBook holds the ARNs of the users' permissions boundaries, by user:
// moto takes one and forgets it.
type boundaryBook struct {
	mu    sync.Mutex
	users map[string]string
}

func newBoundaryBook() *boundaryBook { return &boundaryBook{users: map[string]string{}} }

func (b *boundaryBook) of(user string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.users[user]
}

// put writes a user's boundary down; an empty one is none.
func (b *boundaryBook) put(user, arn string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if arn == "" {
		delete(b.users, user)
		return
	}
	b.users[user] = arn
}

func (b *boundaryBook) holds(arn string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.users {
		if a == arn {
			return true
		}
	}
	return false
}

// boundaryOf is the condition key iam:PermissionsBoundary: what the call would
// set, else what is around the user that it is about. AWS fills it for those
// calls alone that give or take rights.
func (g *Gateway) boundaryOf(r *request) string {
	switch r.action {
	case "CreateUser", "CreateRole", "PutUserPermissionsBoundary", "PutRolePermissionsBoundary":
		return r.str("PermissionsBoundary")
	case "AttachUserPolicy", "DetachUserPolicy", "PutUserPolicy", "DeleteUserPolicy", "DeleteUserPermissionsBoundary":
		return g.bounds.of(r.str("UserName"))
	}
	return ""
}

// createUser: AWS refuses a boundary that is no policy of the account's.
func createUser(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return nil, g.attachable(ctx, r.str("PermissionsBoundary"))
}

func (g *Gateway) attachable(ctx context.Context, arn string) error {
	if arn == "" {
		return nil
	}
	var none struct{}
	err := g.moto.query(ctx, "iam", "GetPolicy", url.Values{"PolicyArn": {arn}}, &none)
	var said *apiError
	if errors.As(err, &said) && said.status < http.StatusInternalServerError {
		return &apiError{http.StatusNotFound, "NoSuchEntity", "Scope ARN: " + arn + " does not exist or is not attachable."}
	}
	return err
}

// shownUser: AWS shows a user's boundary where it shows one user.
func shownUser(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	user := r.str("UserName")
	if user == "" {
		user = r.caller.user()
	}
	arn := g.bounds.of(user)
	if arn == "" {
		return resp, nil
	}
	before, after, ok := bytes.Cut(resp.body, []byte("</User>"))
	if !ok {
		return nil, errors.New("moto's answer has no User")
	}
	out := *resp
	out.body = fmt.Appendf(nil, "%s<PermissionsBoundary><PermissionsBoundaryType>PermissionsBoundaryPolicy</PermissionsBoundaryType>"+
		"<PermissionsBoundaryArn>%s</PermissionsBoundaryArn></PermissionsBoundary></User>%s", before, escape(arn), after)
	out.header = resp.header.Clone()
	out.header.Set("Content-Length", strconv.Itoa(len(out.body)))
	return &out, nil
}

// deletePolicy: AWS keeps a policy that is somebody's boundary.
func deletePolicy(_ context.Context, g *Gateway, r *request) (*response, error) {
	if g.bounds.holds(r.str("PolicyArn")) {
		return nil, &apiError{http.StatusConflict, "DeleteConflict", "Cannot delete a policy that is used as a permissions boundary."}
	}
	return nil, nil
}

// putUserBoundary answers for moto, which does not have the call.
func putUserBoundary(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if err := g.attachable(ctx, r.str("PermissionsBoundary")); err != nil {
		return nil, err
	}
	return g.bind(ctx, r, r.str("PermissionsBoundary"))
}

// deleteUserBoundary answers for moto too.
func deleteUserBoundary(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return g.bind(ctx, r, "")
}

func (g *Gateway) bind(ctx context.Context, r *request, arn string) (*response, error) {
	user := r.str("UserName")
	if _, err := g.moto.userARN(ctx, user); err != nil {
		return nil, err
	}
	if arn == "" && g.bounds.of(user) == "" {
		return nil, &apiError{http.StatusNotFound, "NoSuchEntity", "User " + user + " does not have a permissions boundary."}
	}
	g.bounds.put(user, arn)
	g.policies.forget()
	return xmlAnswer(fmt.Appendf(nil, `<%[1]sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`+
		"<ResponseMetadata><RequestId>%[2]s</RequestId></ResponseMetadata></%[1]sResponse>", r.action, r.id)), nil
}
