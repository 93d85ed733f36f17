package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/chaotic-good/scenarios/api/shop"
)

// PushReleases pushes an image of each release of the shop to a repository, the
// tag being the release. All of them hold the same layer, so it goes once.
func PushReleases(ctx context.Context, from Programs, repository string, auth authn.Authenticator) error {
	program, err := read(ctx, from, Shop)
	if err != nil {
		return err
	}
	for _, release := range shop.Releases() {
		img, err := shopImage(program, release)
		if err != nil {
			return err
		}
		if err := Push(ctx, repository+":"+release, img, auth); err != nil {
			return err
		}
	}
	return nil
}

// Push makes img what the tag ref names. A tag that names it already is left
// alone, and one that names another image is an error: tags are immutable. Without
// auth it is asked of the machine's Docker configuration. What fails for the
// moment is tried again for about a minute.
func Push(ctx context.Context, ref string, img v1.Image, auth authn.Authenticator) error {
	return push(ctx, ref, img, auth, remote.Backoff{Duration: time.Second, Factor: 3, Jitter: 0.1, Steps: 4})
}

func push(ctx context.Context, ref string, img v1.Image, auth authn.Authenticator, pause remote.Backoff) error {
	tag, err := name.NewTag(ref, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithRetryBackoff(pause), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if auth != nil {
		options[len(options)-1] = remote.WithAuth(auth)
	}
	there, err := named(tag, img, options)
	if there || err != nil {
		return err
	}
	if err := remote.Write(tag, img, options...); err != nil {
		// Somebody may have been faster; then the registry refuses a second time.
		if there, other := named(tag, img, options); there || errors.Is(other, ErrTaken) {
			return other
		}
		return fmt.Errorf("push %s: %w", tag, err)
	}
	return nil
}

// ErrTaken means that a tag names another image.
var ErrTaken = errors.New("the tag names another image, and tags are immutable")

// named reports whether the tag names img already.
func named(tag name.Tag, img v1.Image, options []remote.Option) (bool, error) {
	want, err := img.Digest()
	if err != nil {
		return false, fmt.Errorf("push %s: %w", tag, err)
	}
	have, err := remote.Head(tag, options...)
	var answer *transport.Error
	switch {
	case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("push %s: look at what is there: %w", tag, err)
	case have.Digest != want:
		return false, fmt.Errorf("push %s: %w: it is %s, not %s", tag, ErrTaken, have.Digest, want)
	}
	return true, nil
}

// Save writes img to a file that `docker load` reads.
func Save(path, ref string, img v1.Image) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return fmt.Errorf("save %s: %w", ref, err)
	}
	if err := tarball.WriteToFile(path, tag, img); err != nil {
		return fmt.Errorf("save %s: %w", ref, err)
	}
	return nil
}
