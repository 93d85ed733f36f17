#!/usr/bin/env bash
# Makes the role that the bot runs by on an EC2 instance and the boundary of the
# people to whom it gives keys, or brings their policies up to date. It needs the
# aws command line, with an administrator's login, and may be run again.
#
# role.sh ACCOUNT REGION [BUCKET[/PREFIX]]: the account of the rounds, their region, and where S3 keeps Terraform's states
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n 's/^# \(role.sh .*\)/usage: \1/p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
account=$1
region=$2
states=${3-}
export AWS_REGION=$region AWS_DEFAULT_REGION=$region # the older command line reads the latter
role=chaotic-good-bot # outside /chaotic-good/, so that the bot cannot change itself
trust='{
  "Version": "2012-10-17",
  "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }]
}'

if [ -n "$states" ] && ! [[ $states =~ ^[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._+=@-]+)*/?$ ]]; then
  echo "$states is no bucket, or its prefix has characters that do not belong there; nothing was changed" >&2
  exit 2
fi

have=$(aws sts get-caller-identity --query Account --output text)
if [ "$have" != "$account" ]; then
  echo "these credentials are of the account $have, not of $account; nothing was changed" >&2
  exit 1
fi

if ! aws iam get-role --role-name "$role" >/dev/null 2>&1; then
  aws iam create-role --role-name "$role" --assume-role-policy-document "$trust" \
    --description "Chaotic Good Scenarios: the bot itself" >/dev/null
fi
if ! aws iam get-instance-profile --instance-profile-name "$role" >/dev/null 2>&1; then
  aws iam create-instance-profile --instance-profile-name "$role" >/dev/null
  aws iam add-role-to-instance-profile --instance-profile-name "$role" --role-name "$role"
fi

# put NAME DOCUMENT: makes a policy, or its newest version; arn is then its own.
put() {
  local name=$1 document=$2 text old
  arn=arn:aws:iam::$account:policy/$name
  text=$(sed -e "s/\${account}/$account/g" -e "s/\${region}/$region/g" "$document")
  text=$(tr -s ' \n' ' ' <<<"$text")
  if aws iam get-policy --policy-arn "$arn" >/dev/null 2>&1; then
    # A policy has five versions at most: the old ones go first.
    for old in $(aws iam list-policy-versions --policy-arn "$arn" --query 'Versions[?!IsDefaultVersion].VersionId' --output text); do
      aws iam delete-policy-version --policy-arn "$arn" --version-id "$old"
    done
    aws iam create-policy-version --policy-arn "$arn" --policy-document "$text" --set-as-default >/dev/null
  else
    aws iam create-policy --policy-name "$name" --policy-document "$text" >/dev/null
  fi
}

# The boundary too is outside /chaotic-good/: one that the bot could change would
# hold it to nothing.
put chaotic-good-boundary ../infra/iam/boundary.json

# IAM bounds the size of each policy, so there is one for each document: what the
# bot may do, and in bot-policy.json what none of them may widen.
for document in bot-policy.json ../infra/iam/bot*.json; do
  put "$role-$(basename "$document" .json)" "$document"
  aws iam attach-role-policy --role-name "$role" --policy-arn "$arn"
done
# The states with their locks beside them, and no other object. Terraform lists the
# bucket by a prefix of its own. Without a bucket, what an earlier run gave stays.
if [ -n "$states" ]; then
  objects=arn:aws:s3:::${states%/}/chaotic-r
  aws iam put-role-policy --role-name "$role" --policy-name "$role-states" --policy-document '{
    "Version": "2012-10-17",
    "Statement": [
      { "Sid": "FindStates", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::'"${states%%/*}"'" },
      {
        "Sid": "KeepStates",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "Resource": ["'"$objects"'*.tfstate", "'"$objects"'*.tfstate.tflock"]
      }
    ]
  }'
fi
echo "the role and the instance profile $role are ready for $region"
