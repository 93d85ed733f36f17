#!/usr/bin/env bash
# Plans a round's stack, checks the plan and applies it. Repeating it mends.
#
#   infra/apply.sh --round 7 --access 192.0.2.7/32
#
# It needs Go and AWS credentials, and tells its flags with -h.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go run ./bot stack apply "$@"
