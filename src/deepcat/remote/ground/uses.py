"""What lies on a host because a deployment there needs it, and what no longer does. Pure.

A deployment's place names what it was given, before that comes; what no place names any more goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from deepcat.remote.ground.facts import AGENT, PARTS, RUNTIME, whole

NOTE = ".ground"
_OLD_MIN = 1_440


def noting(place: str, targets: Iterable[str]) -> str:
    """Note in a place what it needs, besides what it was given before.

    Args:
        place: the deployment's folder there.
        targets: as ``runtime/ID``.
    """
    named = " ".join(quote(target) for target in targets)
    return f"""\
export LC_ALL=C; umask 022
mkdir -p {whole(place)} && cd {whole(place)} || exit 73
for t in {named}; do grep -qxF "$t" {NOTE} 2>/dev/null || echo "$t" >>{NOTE} || exit 28; done
"""


def forgetting(place: str) -> str:
    """Take away a place that no run took: its deployment could not be given what it needs.

    Args:
        place: the deployment's folder there.
    """
    where = whole(place)
    return f"""\
[ ! -d {where} ] || [ -e {where}/owner.json ] || [ -e {where}/state.json ] || rm -rf {where}
rmdir {whole(place.rpartition("/")[0])} 2>/dev/null
true
"""


def sweeping(base: str) -> str:
    """Take away what no place names: runtimes, our own code, and parts that nobody went on with.

    What is being brought has been named before. The names that it prints are gone.
    """
    return f"""\
export LC_ALL=C
cd {whole(base)} || exit 0
for t in {AGENT}/* {RUNTIME}/*; do
  [ -d "$t" ] && [ -z "$(printf %s "${{t##*/}}" | tr -d 0-9a-f)" ] || continue
  cat ./*/*/{NOTE} 2>/dev/null | grep -qxF "$t" || {{ rm -rf "$t" && echo "swept=$t"; }}
done
find {PARTS} -mindepth 1 -maxdepth 1 -mmin +{_OLD_MIN} -exec rm -rf {{}} + 2>/dev/null
set -- ./*/*/{NOTE}; [ -e "$1" ] || rm -f {PARTS}/*.lock
rmdir ./* 2>/dev/null
cd / && rmdir {whole(base)} 2>/dev/null
true
"""
