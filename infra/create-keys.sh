#!/usr/bin/env bash
# Makes the keys and secrets of a round, in Secrets Manager. What is there stays.
#
#   infra/create-keys.sh --round 7
#
# It needs Go and AWS credentials, and tells its flags with -h.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go run ./bot stack keys "$@"
