#!/usr/bin/env bash
# How long a one-line change takes until it is checked, until one unit test has run, and until a page of the changed server is served.
# Prints the median of ROUNDS rounds (default 3) in seconds. TREE=DIR measures another checkout, such as one from before a change.
# The changed files are restored at the end. The first round of each command, which builds what is missing, is not counted.
set -euo pipefail
cd "${TREE:-$(dirname "$0")/..}"
rounds=${ROUNDS:-3}
port=${PORT:-3917}

# The file of a name that has moved between versions: the first of these paths that exists.
first_of() { for path in "$@"; do [ -e "$path" ] && { echo "$path"; return; }; done; echo "none of: $*" >&2; exit 1; }
if [ -e src/proto/Cargo.toml ]; then unit=(cargo test -q -p); crate=1; else unit=(cargo test -q --features ssr --lib); crate=; fi
unit_test() { # crate, filter
    if [ -n "$crate" ]; then local features=(); [ "$1" = darkroom-web ] && features=(--features ssr); "${unit[@]}" "$1" "${features[@]}" --lib "$2"; else "${unit[@]}" "$2"; fi
}
# As `make check` where there is one. Both features were checked one after the other before.
check() {
    if grep -q '^check:' Makefile; then cargo check -q --features ssr,hydrate; return; fi
    cargo check -q --features ssr && cargo check -q --features hydrate --lib --target wasm32-unknown-unknown
}
if [ -e tests/it/main.rs ]; then it=it; filter=server_http; else it=server_http; filter=; fi
check_test() { cargo check -q --features ssr --test "$it"; }
run_test() { cargo test -q --features ssr --test "$it" -- "$filter"; }
page() {
    cargo leptos build --split
    ./target/debug/darkroom serve --addr "127.0.0.1:$port" --data "$data" & local server=$!
    until curl -sf "http://127.0.0.1:$port/" -o /dev/null; do kill -0 $server; sleep 0.05; done
    kill $server; wait $server || true
}

data=$(mktemp -d)
changed=()
restore() { for file in "${changed[@]}"; do cp -p "$data/saved/${file//\//_}" "$file"; done; rm -rf "$data"; }
trap restore EXIT
mkdir "$data/saved"

median() { # file, command…: changes the file, then times the command
    local file=$1 times=() began; shift
    for round in $(seq 0 "$rounds"); do
        echo "#[allow(dead_code)] fn edit_loop_${EPOCHREALTIME/[.,]/}() {}" >> "$file"
        began=$EPOCHREALTIME
        "$@" >/dev/null 2>"$data/errors" || { cat "$data/errors" >&2; exit 1; }
        [ "$round" = 0 ] || times+=("$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $began }")")
    done
    printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}

measure() { # name, file, check, unit test…
    local name=$1 file=$2 checking=$3; shift 3
    changed+=("$file"); cp -p "$file" "$data/saved/${file//\//_}"
    local checked tested served=
    checked=$(median "$file" "$checking"); tested=$(median "$file" "$@")
    [ "$checking" = check_test ] || served=$(median "$file" page)
    cp -p "$data/saved/${file//\//_}" "$file"
    echo "edit loop: $name: check=$checked unit_test=$tested${served:+ page=$served}"
}

measure proto/limits.rs "$(first_of src/proto/limits.rs)" check unit_test darkroom-proto queue::tests
measure component "$(first_of src/web/components/connection/words.rs src/components/connection/words.rs)" check unit_test darkroom-web connection::words
measure route "$(first_of src/server/routes/media.rs)" check unit_test darkroom-server routes::media
measure test "$(first_of tests/it/server_http.rs tests/server_http.rs)" check_test run_test
