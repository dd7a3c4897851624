"""What a host's shell does to take something in. Pure.

Each script is one call; what it is given comes on its standard input as one stream. Whatever cuts
it off leaves a part, from whose end the next one goes on, or nothing; what is whole has its name.
"""

from __future__ import annotations

from shlex import quote

from deepcat.remote.ground.facts import PARTS, Facts

# How a script ends; more than 128 is a signal's.
FULL, BUSY, CUT, MOVED, BROKEN, ODD, REFUSED = 28, 75, 76, 77, 65, 74, 73
_STALE_MIN, _PATIENCE_S = 15, 900
_DIGEST = (
    "import hashlib, sys; h = hashlib.sha256(); f = open(sys.argv[1], 'rb')\n"
    "for c in iter(lambda: f.read(1 << 20), b''): h.update(c)\nprint(h.hexdigest())"
)
_EXTRACT = "import sys, tarfile; tarfile.open(sys.argv[1], 'r:gz').extractall(sys.argv[2])"


def digesting(facts: Facts) -> str:
    """The command that prints a file's sha256; empty where the host has none."""
    for tool, command in (
        ("sha256sum", "sha256sum"),
        ("openssl", "openssl dgst -sha256 -r"),
        ("shasum", "shasum -a 256"),
    ):
        if tool in facts.tools:
            return command
    return f"{quote(facts.pythons[0].path)} -I -c {quote(_DIGEST)}" if facts.pythons else ""


def compression(facts: Facts) -> str:
    """How what it unpacks may be compressed at best; empty where it unpacks nothing."""
    if "tar" in facts.tools and "zstd" in facts.tools:
        return "zst"
    return "gz" if {"tar", "gzip"} <= facts.tools or facts.pythons else ""


def _unpacking(facts: Facts, how: str) -> str:
    """The command that unpacks `$part` into `$new`."""
    if how == "zst":
        return 'zstd -dcq "$part" | tar -xf - -C "$new"'
    if {"tar", "gzip"} <= facts.tools:
        return 'gzip -dc "$part" | tar -xf - -C "$new"'
    return f'{quote(facts.pythons[0].path)} -I -W ignore -c {quote(_EXTRACT)} "$part" "$new"'


def taking(facts: Facts, target: str, sha256: str, size: int, offset: int, how: str) -> str:
    """Take in an archive's rest, unpack it, and give it its name.

    Args:
        facts: the host's.
        target: as ``runtime/ID``, a folder.
        sha256: of the archive.
        size: of the archive, bytes.
        offset: where the stream begins.
        how: the archive is compressed; empty for a file that is kept as it came.
    """
    return f"""\
{_begin(facts, target, sha256)}
{_receive(facts, sha256, size, offset)}
{_settle(facts, how)}
rm -f "$part"
"""


def lifting(facts: Facts, target: str, cached: str, sha256: str, how: str) -> str:
    """Unpack an archive that a folder of the host's holds already; see `taking`."""
    return f"""\
{_begin(facts, target, sha256)}
part={quote(cached)}
{_verify(facts, sha256)}
{_settle(facts, how)}
"""


def _begin(facts: Facts, target: str, sha256: str) -> str:
    """Go on alone: what others bring meanwhile is waited for, and taken as it is then."""
    lock = f"{PARTS}/{sha256}.lock"
    if "flock" in facts.tools:
        alone = f'exec 9>{lock}; flock -w {_PATIENCE_S} 9 || fail {BUSY} "others are at it"'
    else:
        alone = f"""\
n=0; until mkdir {lock} 2>/dev/null; do
  [ -n "$(find {lock} -prune -mmin +{_STALE_MIN} 2>/dev/null)" ] && rmdir {lock}
  n=$((n+1)); [ $n -lt {_PATIENCE_S} ] || fail {BUSY} "others are at it"; sleep 1
done; trap 'rmdir {lock} 2>/dev/null' EXIT"""
    return f"""\
export LC_ALL=C; umask 022
fail() {{ rc=$1; shift; printf '%s\\n' "$*" >&2; exit "$rc"; }}
cd {quote(facts.base)} || fail {REFUSED} "the folder is gone"
part={PARTS}/{sha256}.part new={PARTS}/{sha256}.new.$$ target={quote(target)}
odd() {{ rm -rf "$new"; case $1 in *"o space left"*|*"uota exceeded"*|*"oo large"*)
  rm -f "{PARTS}/{sha256}.part"; fail {FULL} "$1";; esac; fail {ODD} "$1"; }}
[ -e "$target" ] && {{ echo there; exit 0; }}
{alone}
[ -e "$target" ] && {{ echo there; exit 0; }}"""


def _receive(facts: Facts, sha256: str, size: int, offset: int) -> str:
    return f"""\
have=0; [ -f "$part" ] && have=$(wc -c <"$part")
[ "$have" -eq {offset} ] || {{ echo "have=$((have))"; exit {MOVED}; }}
said=$(cat 2>&1 >>"$part") || odd "$said"
have=$(wc -c <"$part"); [ "$have" -ge {size} ] || fail {CUT} "it was cut off"
{_verify(facts, sha256)}"""


def _verify(facts: Facts, sha256: str) -> str:
    return f"""\
said=$({digesting(facts)} "$part" 2>&1) || odd "$said"
[ "${{said%% *}}" = {sha256} ] || {{ rm -f "{PARTS}/{sha256}.part"; fail {BROKEN} "$said"; }}"""


def _settle(facts: Facts, how: str) -> str:
    if not how:
        return 'mkdir -p "${target%/*}" && mv "$part" "$target" || odd "it cannot be moved"'
    return f"""\
mkdir "$new" || odd "no folder can be made"
said=$( {{ {_unpacking(facts, how)}; }} 2>&1 ) || odd "$said"
mkdir -p "${{target%/*}}" && mv "$new" "$target" || odd "it cannot be moved"; echo taken"""
