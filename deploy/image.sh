#!/bin/sh
# Builds the image with podman, buildah or docker: image.sh BINARY [NAME].
set -eu
here=$(dirname "$0")
binary=$1 name=${2:-darkroom}
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
"$here/rootfs.sh" "$binary" "$context/rootfs"
# The format of Docker, since that of OCI has no HEALTHCHECK.
for engine in ${CONTAINER_ENGINE:-podman buildah docker}; do
  command -v "$engine" >/dev/null || continue
  case $engine in
    docker) exec docker build -t "$name" -f "$here/Containerfile" "$context" ;;
    *) "$engine" build --format docker -t "$name" -f "$here/Containerfile" "$context"; exit ;;
  esac
done
echo "There is no podman, buildah or docker here. Install one of them, such as: apt-get install buildah" >&2
exit 2
