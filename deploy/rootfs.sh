#!/bin/sh
# Lays out the root folder of the image: rootfs.sh BINARY FOLDER. The binary must be static (`make static`): there are no libraries.
set -eu
binary=$1 root=$2
if LC_ALL=C ldd "$binary" >/dev/null 2>&1 && ! LC_ALL=C ldd "$binary" 2>&1 | grep -q 'statically linked'; then
  echo "$binary needs libraries, which the image does not have. Build a static one: make static" >&2
  exit 2
fi
rm -rf "$root"
mkdir -p "$root/etc" "$root/data" "$root/tmp"
install -m 0555 "$binary" "$root/darkroom"
chmod 0700 "$root/data"
chmod 1777 "$root/tmp"
echo 'darkroom:x:65532:65532:Darkroom:/data:/sbin/nologin' > "$root/etc/passwd"
echo 'darkroom:x:65532:' > "$root/etc/group"
# Names are looked up in /etc/hosts, which the container engine writes, and then over DNS.
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
