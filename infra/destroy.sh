#!/usr/bin/env bash
# Removes a round's stack and counts what is left of it. Repeat it until that is 0.
#
#   infra/destroy.sh --round 7
#
# It needs Go and AWS credentials, and tells its flags with -h.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go run ./bot stack destroy "$@"
