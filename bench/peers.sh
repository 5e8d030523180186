#!/bin/bash
# peers.sh FOLDER             installs the newest crash, drgn (with libkdumpfile) and makedumpfile of Debian sid into
#                             FOLDER (about 700 MB, two minutes), apart from the machine's own packages
# peers.sh FOLDER COMMAND...  runs COMMAND in there; the current folder is /here
# Needs root, debootstrap (apt-get install debootstrap). The mirror is the one that this machine's apt uses.
set -eu
root=${1:?usage: peers.sh FOLDER [COMMAND...]}
shift
if [ ! -x "$root/usr/bin/drgn" ]; then
  mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
  mkdir -p "$root"
  debootstrap --variant=minbase --include=python3-drgn,crash,makedumpfile sid "$root" "$mirror" >"$root.log" 2>&1 || { tail -n 3 "$root.log" >&2; exit 1; }
fi
[ $# -gt 0 ] || { chroot "$root" sh -c 'crash --version | head -2; python3 -c "import drgn; print(\"drgn\", drgn.__version__)"; makedumpfile -v | head -1'; exit 0; }
root=$(cd "$root" && pwd)
mkdir -p "$root/here"
exec unshare -m bash -c '
  root=$1 here=$2; shift 2
  mount --bind "$here" "$root/here"; mount -t proc proc "$root/proc" 2>/dev/null
  cd / && exec chroot "$root" bash -c "cd /here && exec \"\$@\"" bash "$@"' bash "$root" "$PWD" "$@"
