#!/bin/bash
# Builds the image of a static binary and runs it: image-test.sh BINARY. It needs buildah, and root for its chroot; no network, and no running engine.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
binary=$(readlink -f "$1")
work=$(mktemp -d)
port=
# The process that serves: outside of its container it has its own user, and this address.
serving() {
  pgrep -x -u 65532 darkroom | while read -r pid; do
    if grep -qsz "^DARKROOM_ADDR=127.0.0.1:$port$" "/proc/$pid/environ" && grep -qsz '^serve$' "/proc/$pid/cmdline"; then echo "$pid"; fi
  done | head -1
}
finish() {
  [ -z "$port" ] || [ -z "$(serving)" ] || kill -9 "$(serving)" || true
  [ -z "${container:-}" ] || buildah rm "$container" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
say() { printf '· %s\n' "$*"; }
fail() { echo "image-test: $*" >&2; [ ! -s "$work/log" ] || tail -20 "$work/log" >&2; exit 1; }

# Its images are in a folder of their own.
cat > "$work/storage.conf" <<CONF
[storage]
driver = "vfs"
graphroot = "$work/images"
runroot = "$work/run"
CONF
export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot CONTAINER_ENGINE=buildah

say "The image"
"$here/image.sh" "$binary" darkroom-test > "$work/log" 2>&1 || fail "it cannot be built"
inspected=$(buildah inspect --type image darkroom-test)
config() { python3 -c "import json, sys; print(json.load(sys.stdin)['Docker']['config']$1)" <<< "$inspected"; }
[ "$(config "['User']")" = 65532:65532 ] || fail "its user is $(config "['User']")"
[ "$(config "['Entrypoint']")" = "['/darkroom']" ] || fail "its entrypoint is $(config "['Entrypoint']")"
[ "$(config "['Healthcheck']['Test']")" = "['CMD', '/darkroom', 'healthcheck']" ] || fail "its health check is $(config "['Healthcheck']")"
container=$(buildah from darkroom-test)
files=$(cd "$(buildah mount "$container")" && find . -type f | sort | tr '\n' ' ')
[ "$files" = "./darkroom ./etc/group ./etc/nsswitch.conf ./etc/passwd " ] || fail "there are other files in it: $files"
say "$(du -h --apparent-size "$binary" | cut -f1) and nothing else"

say "It runs, as its user, and makes a picture"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
inside() { buildah run --user 65532:65532 --env DARKROOM_ADDR="127.0.0.1:$port" --env TZ=Europe/Berlin "$container" -- "$@"; }
inside /darkroom serve > "$work/log" 2>&1 &
running=$!
for _ in $(seq 300); do
  inside /darkroom healthcheck --ready > /dev/null 2>&1 && break
  kill -0 "$running" 2>/dev/null || fail "it ended"
  sleep 0.2
done
inside /darkroom healthcheck --ready || fail "it does not get ready"
url=http://127.0.0.1:$port
task=$(curl -sf "$url/api/tasks" -H 'Content-Type: application/json' -d '{"workflow": "text-to-image", "parameters": {"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 2}}' \
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["taskId"])') || fail "it takes no task"
curl -sfN --max-time 60 "$url/progress/$task" > "$work/events" || fail "its task does not end"
grep -q '"status":"completed"' "$work/events" || fail "its task is not completed: $(tail -3 "$work/events")"
curl -sf -o "$work/picture.png" "$url/api/tasks/$task/outputs/0" || fail "there is no picture"
[ "$(head -c 4 "$work/picture.png" | tail -c 3)" = PNG ] || fail "the picture is none"
curl -sf "$url/" | grep -q '<title>' || fail "there is no page"

say "It ends when it is told to"
[ -n "$(serving)" ] || fail "no process of its user serves"
kill -TERM "$(serving)"
wait "$running" || fail "it ended with $?"
say "1 passed, 0 failed"
