#!/usr/bin/env bash
# Builds what a release consists of, the same bytes from the same sources: an
# archive for each platform, the bot's image for `docker load`, and SHA256SUMS.
#
# release.sh VERSION FOLDER [PLATFORM...]: platforms as linux/amd64; all by default
set -euo pipefail

if [ $# -lt 2 ]; then
  sed -n 's/^# \(release.sh .*\)/usage: \1/p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
version=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
platforms=("$@")
if [ ${#platforms[@]} -eq 0 ]; then platforms=(linux/amd64 linux/arm64 darwin/arm64 darwin/amd64); fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

build() { CGO_ENABLED=0 GOOS=$1 GOARCH=$2 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$3" ./bot; }

# The programs of a stack are for its machines, whatever the bot runs on.
build "$(go env GOHOSTOS)" "$(go env GOHOSTARCH)" "$tmp/bot"
"$tmp/bot" image -tag "$version" -out "$out/chaotic-good-bot-$version-image.tar" -programs "$tmp/programs"

for platform in "${platforms[@]}"; do
  name=chaotic-good-$version-${platform%/*}-${platform#*/}
  dir=$tmp/$name
  mkdir -p "$dir/deploy" "$dir/infra/iam"
  build "${platform%/*}" "${platform#*/}" "$dir/bot"
  cp -r "$tmp/programs" README.md LICENSE "$dir"
  cp deploy/README.md deploy/bot.example.yaml deploy/bot-policy.json deploy/chaotic-good.service deploy/compose.yaml deploy/role.sh "$dir/deploy"
  cp infra/iam/bot*.json infra/iam/boundary.json "$dir/infra/iam" # role.sh reads them
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w -C "$tmp" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
done

cd "$out"
sha256sum -- "chaotic-good-bot-$version-image.tar" "chaotic-good-$version"-*.tar.gz >SHA256SUMS
cat SHA256SUMS
