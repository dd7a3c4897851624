"""What a host tells of itself in one go, by its shell alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote

TOOLS = ("tar", "zstd", "gzip", "sha256sum", "shasum", "openssl", "flock", "podman", "docker")
OLDEST = 9
_OTHERS = tuple(f"python3.{minor}" for minor in range(OLDEST, 16))
_ASKED = f"""
import sys; print("%d.%d" % sys.version_info[:2], end=" ")
try:
    import ctypes; ctypes.CDLL("libstdc++.so.6"); print("c++", end=" ")
    import importlib.util; importlib.util.find_spec("pip") and print("pip", end=" ")
except Exception: pass
print(sys.executable)
sys.exit(sys.version_info < (3, {OLDEST}))
"""
_VERSION = re.compile(r"3\.[0-9]+\Z")
_SIZE = re.compile(r"[0-9]{1,15}\Z")
AGENT, RUNTIME, PARTS = "agent", "runtime", "parts"


@dataclass(frozen=True, slots=True)
class Python:
    """A Python of the host.

    Attributes:
        path: its program.
        version: as ``3.11``.
        has: ``c++`` where libraries in C++ can be loaded, ``pip`` where it has that.
    """

    path: str
    version: str
    has: frozenset[str] = frozenset()

    @property
    def minor(self) -> int:
        """The number behind the first dot."""
        return int(self.version.partition(".")[2])


@dataclass(frozen=True, slots=True)
class Facts:
    """A host, as far as decisions about its ground need it.

    Attributes:
        base: the folder of ours there, by its whole path.
        machine: as `uname -m` says it.
        free: bytes that its disk has left for us.
        tools: those of `TOOLS` that are there.
        pythons: what is there, the one called `python3` first.
        there: what lies there whole, as ``runtime/ID`` or ``agent/ID``.
        parts: name of what came in part -> bytes.
        cached: names in the folder that may hold it already.
    """

    base: str
    machine: str
    free: int
    tools: frozenset[str] = frozenset()
    pythons: tuple[Python, ...] = ()
    there: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)
    cached: frozenset[str] = frozenset()


def whole(folder: str) -> str:
    """A folder for the shell, that finds out where home is."""
    if folder == "~" or folder.startswith("~/"):
        return f'"$HOME"{quote(folder[1:])}' if folder != "~" else '"$HOME"'
    return quote(folder)


def alone(folder: str) -> str:
    """The test that a folder is of who logs in, and nobody else may write in it.

    Else somebody else could have laid our code there, by its name: it would be run as ours.

    Args:
        folder: as a word of the shell; that it is a link says nothing of whose it is.
    """
    others = f'find {folder} -prune ! -user "$(id -u)" 2>&1'
    loose = f"find -H {folder} -prune \\( -perm -0020 -o -perm -0002 \\) 2>&1"
    return f'[ -O {folder} ] && [ -z "$({others})" ] && [ -z "$({loose})" ]'


def script(base: str, version: str, cache: str = "", pythons: Sequence[str] = ()) -> str:
    """What the host's shell is given.

    Args:
        base: the folder of ours there.
        version: of the Python that servers need, as ``3.11``.
        cache: a folder that may hold what is needed.
        pythons: programs that are asked first.
    """
    first = " ".join(quote(each) for each in (*pythons, f"python{version}", "python3"))
    return f"""\
export LC_ALL=C; umask 022
b={whole(base)}
[ -e "$b" ] || {{ mkdir -p "$b" && {{ [ "$(id -u)" = 0 ] || chmod 700 "$b"; }}; }} || exit 73
{alone('"$b"')} || {{ echo "$b is not a folder of this user alone" >&2; exit 73; }}
mkdir -p "$b/{AGENT}" "$b/{RUNTIME}" "$b/{PARTS}" || exit 73
cd "$b" && echo "base=$(pwd -P)" && echo "machine=$(uname -m)" || exit 73
set -- $(df -Pk . | tail -n 1); echo "free=$4"
for t in {" ".join(TOOLS)}; do command -v $t >/dev/null 2>&1 && echo "tool=$t"; done
fits=
ask() {{ x=$(command -v "$1" 2>/dev/null) || return 0
  s=$("$x" -I -c {quote(_ASKED)} 2>/dev/null) && fits=1; [ -n "$s" ] && echo "python=$s"; }}
for p in {first}; do ask "$p"; done
for p in {" ".join(_OTHERS)}; do [ -n "$fits" ] || ask "$p"; done
for f in {AGENT}/* {RUNTIME}/*; do [ -d "$f" ] && echo "there=$f"; done
for f in {PARTS}/*.part; do [ -f "$f" ] && echo "part=$(wc -c <"$f") ${{f#{PARTS}/}}"; done
{f'for f in {whole(cache)}/*; do [ -e "$f" ] && echo "cached=${{f##*/}}"; done' if cache else ""}
true
"""


def parsed(said: str) -> Facts:
    """What the shell said, whatever else a host prints when somebody logs in.

    Raises:
        ValueError: the folder or the disk is not told.
    """
    told: dict[str, list[str]] = {}
    for line in said.splitlines():
        key, sign, value = line.partition("=")
        if sign:
            told.setdefault(key, []).append(value.strip())
    try:
        base, machine, free = (told[key][-1] for key in ("base", "machine", "free"))
        left = int(free) << 10
    except (KeyError, ValueError):
        raise ValueError(said[-500:]) from None
    sizes = (value.partition(" ") for value in told.get("part", ()))
    return Facts(
        base,
        machine,
        left,
        frozenset(told.get("tool", ())) & frozenset(TOOLS),
        tuple(dict.fromkeys(_pythons(told.get("python", ())))),
        frozenset(told.get("there", ())),
        {name.removesuffix(".part"): int(size) for size, _, name in sizes if _SIZE.match(size)},
        frozenset(told.get("cached", ())),
    )


def _pythons(lines: Sequence[str]) -> list[Python]:
    """One for each program, in the order of the lines: version, what it has, whole path."""
    found: dict[str, Python] = {}
    for line in lines:
        words, sign, place = line.partition(" /")
        version, *has = words.split()
        if sign and _VERSION.match(version):
            found.setdefault(place, Python(f"/{place}", version, frozenset(has)))
    return list(found.values())
