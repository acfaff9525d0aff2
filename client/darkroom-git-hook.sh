#!/bin/sh
# Reports commits, pushes and pulls of a repository to Darkroom, as CloudEvents (git.commit, git.push, git.pull). It needs curl, and never stops git.
#
#   cp darkroom-git-hook.sh .git/hooks/post-commit && chmod +x .git/hooks/post-commit
#   ln -s post-commit .git/hooks/pre-push; ln -s post-commit .git/hooks/post-merge
#   git config darkroom.url http://127.0.0.1:3000
#   git config darkroom.project film            # the project that it belongs to, if any
#   git config darkroom.tokenFile ~/.darkroom   # a file with the token, if Darkroom has one
#
# DARKROOM_URL, DARKROOM_PROJECT and DARKROOM_TOKEN_FILE count before these.

setting() { # NAME OF THE VARIABLE'S VALUE, NAME IN GIT'S CONFIGURATION
    if [ -n "$1" ]; then printf '%s' "$1"; else git config --get "$2" || true; fi
}

url=$(setting "$DARKROOM_URL" darkroom.url)
project=$(setting "$DARKROOM_PROJECT" darkroom.project)
token_file=$(setting "$DARKROOM_TOKEN_FILE" darkroom.tokenFile)
if [ -z "$url" ]; then
    echo "darkroom: nothing is reported; set the address: git config darkroom.url http://127.0.0.1:3000" >&2
    exit 0
fi

# A text as JSON has it, without the quotes around it: on one line, without control characters.
escaped() {
    tr '\n\t' '  ' | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/ *$//'
}

report() { # TYPE, ID, REF, COMMIT
    message=$(git log -1 --format=%B "$4" 2>/dev/null | escaped)
    author=$(git log -1 --format=%an "$4" 2>/dev/null | escaped)
    name=$(basename "$(git rev-parse --show-toplevel)" | escaped | tr ' ' '-')
    data=$(printf '{"project_id":"%s","ref":"%s","commit":"%s","author":"%s","message":"%s"}' \
        "$(printf '%s' "$project" | escaped)" "$(printf '%s' "$3" | escaped)" "$4" "$author" "$message")
    event=$(printf '{"specversion":"1.0","id":"%s","source":"/git/%s","type":"%s","datacontenttype":"application/json","data":%s}' \
        "$2" "$name" "$1" "$data")
    # The token is read from standard input, so that nobody sees it in the list of processes.
    {
        echo 'header = "Content-Type: application/cloudevents+json"'
        [ -z "$token_file" ] || printf 'header = "Authorization: Bearer %s"\n' "$(cat "$token_file")"
    } | curl --silent --show-error --fail --max-time 5 --output /dev/null --config - --data "$event" "${url%/}/api/events" ||
        echo "darkroom: this was not reported" >&2
}

branch=$(git symbolic-ref --quiet --short HEAD || git rev-parse --short HEAD)
commit=$(git rev-parse HEAD)
case $(basename "$0") in
pre-push)
    # Each line: local ref, local commit, remote ref, remote commit. A removed branch has a commit of zeros.
    while read -r _ sha ref _; do
        case $sha in
        *[!0]*) report git.push "push-$sha-$ref" "$ref" "$sha" ;;
        esac
    done
    ;;
post-merge) report git.pull "pull-$commit" "$branch" "$commit" ;;
*) report git.commit "$commit" "$branch" "$commit" ;;
esac
exit 0
