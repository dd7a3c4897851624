"""What a server does as root, at its first boot, with a volume for data: never emptied. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any, Final

AT: Final = "/srv/data"
# How it went: `ok`, or why not; for all on the server to read.
TOLD: Final = "/var/lib/deepcat-volume"
# Of an id, hypervisors show so much as a disk's serial.
_SERIAL = 20
# A file system is made where blkid sees nothing at all (2); what it sees, or doubts, stays.
SCRIPT: Final = r"""
set -u
serial=$1 at=$2 user=$3 told=$4 patience=$5
say() { printf '%s\n' "$1" >"$told.new" && mv -f "$told.new" "$told"; }
fail() { say "$1"; printf 'deepcat: %s\n' "$1" >/dev/console 2>/dev/null; exit 1; }
device=
while :; do
  for each in /dev/disk/by-id/*"$serial"*; do
    case $each in *-part[0-9]*) continue ;; esac
    [ -b "$each" ] && device=$(readlink -f "$each") && break
  done
  [ -z "$device" ] && [ "$patience" -gt 0 ] || break
  patience=$((patience - 1))
  sleep 1
done
[ -n "$device" ] || fail "no disk has the serial $serial"
for each in blkid mkfs.ext4 resize2fs mountpoint findmnt; do
  command -v "$each" >/dev/null || fail "the image has no $each"
done
blkid -p "$device" >/dev/null 2>&1
case $? in
  0) ;;
  2) mkfs.ext4 -q -m 0 "$device" </dev/null >/dev/null 2>&1 || fail "no file system can be made" ;;
  *) fail "what lies on the volume is not clear, so nothing was changed there" ;;
esac
kind=$(blkid -p -o value -s TYPE "$device")
uuid=$(blkid -p -o value -s UUID "$device")
case $kind in
  ext[234] | xfs | btrfs) ;;
  *) fail "it holds ${kind:-parts}, no file system that is mounted here; nothing was changed" ;;
esac
checked() {
  e2fsck -f -p "$device" >/dev/null 2>&1
  [ $? -le 1 ]
}
larger() {
  resize2fs "$device" >/dev/null 2>&1
}
mkdir -p "$at" || fail "$at cannot be made"
# While nobody has it mounted: a kernel may refuse it later.
case $kind in
  ext[234]) larger || { checked && larger; } || fail "its $kind cannot be grown to its volume" ;;
esac
if mountpoint -q "$at"; then
  is=$(findmnt -n -o SOURCE --mountpoint "$at")
  [ "$(readlink -f "$is")" = "$device" ] || fail "$is is mounted at $at already"
else
  mount -o nosuid,nodev "$device" "$at" || fail "its $kind cannot be mounted"
fi
grep -q "^UUID=$uuid $at " /etc/fstab 2>/dev/null ||
  printf 'UUID=%s %s auto nofail,nosuid,nodev,x-deepcat 0 2\n' "$uuid" "$at" >>/etc/fstab
case $kind in
  xfs) xfs_growfs "$at" >/dev/null 2>&1 ;;
  btrfs) btrfs filesystem resize max "$at" >/dev/null 2>&1 ;;
esac || fail "its $kind cannot be grown to its volume"
# A server before this one may have known the user by another number.
before=$(stat -c %u "$at") now=$(id -u "$user") || fail "there is no user $user"
if [ "$before" = 0 ]; then
  chown "$user" "$at" && chmod 700 "$at"
elif [ "$before" != "$now" ]; then
  chown -R -h --from="$before" "$user" "$at"
fi || fail "$at cannot be given to $user"
say ok
"""


def command(
    volume: str, at: str, user: str, *, told: str = TOLD, patience_s: int = 60
) -> list[str]:
    """The words that cloud-init runs.

    Args:
        volume: its id.
        at: where it is mounted.
        user: whose it is then.
        told: the file that says how it went.
        patience_s: how long its disk may take to come.
    """
    return ["sh", "-c", SCRIPT, "deepcat", volume[:_SERIAL], at, user, told, str(patience_s)]


def seen(at: str, *, is_first: bool, told: str = TOLD) -> str:
    """The script that says nothing where all is well, else what was told, or an empty line.

    Args:
        at: where it is mounted.
        is_first: whether this is the boot that tells it: what was mounted may still not be given
            to its user, or have grown. Later somebody may have mended what was told.
        told: as of `command`.
    """
    well = f"grep -qF {quote(f' {at} ')} /proc/self/mounts"
    if is_first:
        well = f"{{ grep -qsx ok {quote(told)} && {well}; }}"
    return f"{well} || cat {quote(told)} 2>/dev/null || echo"


def place(own: Mapping[str, Any]) -> str:
    """Where a cloud's file wants it; empty where it wants none."""
    wanted = own.get("volume")
    return str(wanted.get("at") or AT) if wanted else ""
