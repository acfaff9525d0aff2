#!/bin/sh
# Makes the secrets of compose.yaml, each in a file: make-secrets.sh [FOLDER]. What is there already stays as it is.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
# Only its owner looks in here. The files are readable, since the users inside of the containers are others.
chmod 0700 "$folder"
umask 0222
make() { [ -e "$folder/$1" ] || printf '%s\n' "$2" > "$folder/$1"; }
make token "$(openssl rand -hex 32)"
make postgres-password "$(openssl rand -hex 32)"
make store-key "$(openssl rand -base64 32)"
make webhook-secret "whsec_$(openssl rand -base64 32)"
make s3-secret-key "$(openssl rand -hex 32)"
secret=$(cat "$folder/s3-secret-key")
make s3.json '{"identities": [{"name": "darkroom", "credentials": [{"accessKey": "darkroom", "secretKey": "'"$secret"'"}], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}'
make aws-credentials "[default]
aws_access_key_id = darkroom
aws_secret_access_key = $secret"
echo "People sign in with this token: $(cat "$folder/token")"
