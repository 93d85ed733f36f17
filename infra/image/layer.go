package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Who runs in our images: a number, since an orchestrator that refuses root
// cannot tell by a name that somebody is not.
const (
	uid  = 65532
	user = "65532:65532"
)

// file is one entry of a layer. Parent folders need none.
type file struct {
	name string // without the first slash
	mode int64
	dir  bool
	own  bool // it is the image's user's, not root's
	data []byte
}

// base is what every image has beside its programs.
func base(home string) []file {
	return []file{
		{name: "etc/passwd", mode: 0o644, data: fmt.Appendf(nil, "root:x:0:0::/:/sbin/nologin\nchaotic:x:%d:%d::%s:/sbin/nologin\n", uid, uid, home)},
		{name: "etc/group", mode: 0o644, data: fmt.Appendf(nil, "root:x:0:\nchaotic:x:%d:\n", uid)},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, data: certificates()},
	}
}

// assemble makes an image of one layer. Nothing in it says when or where it was
// made.
func assemble(files []file, config v1.Config) (v1.Image, error) {
	text, err := archive(files)
	if err != nil {
		return nil, fmt.Errorf("pack the image's files: %w", err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	}, tarball.WithCompressedCaching)
	if err != nil {
		return nil, fmt.Errorf("pack the image's files: %w", err)
	}
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: "amd64", OS: "linux", Created: v1.Time{Time: time.Unix(0, 0).UTC()}, Config: config,
		RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, fmt.Errorf("write the image's configuration: %w", err)
	}
	img, err = mutate.AppendLayers(img, layer)
	if err != nil {
		return nil, fmt.Errorf("put the image together: %w", err)
	}
	return img, nil
}

// archive packs files in the order of their names, all of the same age.
func archive(files []file) ([]byte, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.data)),
			ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR,
		}
		if f.dir {
			h.Typeflag, h.Name = tar.TypeDir, f.name+"/"
		}
		if f.own {
			h.Uid, h.Gid = uid, uid
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
