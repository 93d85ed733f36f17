#!/bin/bash
# targets.sh DIR: asks ECS every ten seconds which tasks run and writes them as
# Prometheus's targets below DIR/targets. One-off tasks count like a service's.
set -uo pipefail
dir=$1

# tasks FAMILY: one task a line, its id and its address.
tasks() {
  local arns
  arns=$(aws ecs list-tasks --cluster "$CLUSTER" --family "$PREFIX-$1" --desired-status RUNNING --query taskArns --output text) || return
  if [ -z "$arns" ] || [ "$arns" = None ]; then return; fi
  # shellcheck disable=SC2086 # one argument a task; a stack has fewer than a hundred
  aws ecs describe-tasks --cluster "$CLUSTER" --tasks $arns --output text \
    --query "tasks[].[taskArn, attachments[].details[] | [?name=='privateIPv4Address'] | [0].value]"
}

# write FAMILY JOB: a failed call leaves the file as it is.
write() {
  local found comma="" arn address
  found=$(tasks "$1") || return
  {
    echo '['
    while read -r arn address; do
      if [ -z "${address:-}" ] || [ "$address" = None ]; then continue; fi
      printf '%s{"targets": ["%s:%s"], "labels": {"instance": "%s-%.8s", "round": "%s"}}\n' \
        "$comma" "$address" "$PORT_APP" "$1" "${arn##*/}" "$ROUND"
      comma=,
    done <<<"$found"
    echo ']'
  } >"$dir/targets/$2.new" && mv "$dir/targets/$2.new" "$dir/targets/$2.json"
}

while true; do
  write api shop
  write visitors visitors
  # With the first visitors there is something to judge.
  if [ -e "$dir/rules.wait" ] && grep -q targets "$dir/targets/visitors.json"; then
    mv "$dir/rules.wait" "$dir/rules/rules.yml"
    curl -sf -X POST http://127.0.0.1:9090/prometheus/-/reload || mv "$dir/rules/rules.yml" "$dir/rules.wait"
  fi
  sleep 10
done
