"""Semantic versions and npm's ranges of them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_EXACT = re.compile(
    r"(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})(?:-([0-9A-Za-z.-]{1,100}))?(?:\+.*)?\Z"
)


def order(version: str) -> tuple[Any, ...]:
    """A key that sorts versions by precedence; what is no version sorts first."""
    found = _EXACT.match(version)
    if not found:
        return ()
    release = _release(found)
    if found[4] is None:
        return (*release, 1)
    parts = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in found[4].split(".")]
    return (*release, 0, *parts)


@cache
def _spec(wish: str) -> Any:
    """The range as an object; None when it is none."""
    if len(wish) > 200:
        return None
    from semantic_version import NpmSpec

    try:
        return NpmSpec(wish)
    except ValueError:
        return None


def _plainly(wish: str, version: re.Match[str]) -> bool | None:
    """What the three plainest ranges say, without the library, whose import is a tenth of a plan.

    Args:
        wish: ``^1.2.3``, ``~1.2.3`` or ``1.2.3``, of releases alone; None is given for all else.
        version: of a release.
    """
    sign = wish[:1] if wish[:1] in "^~" else ""
    least = _EXACT.match(wish[len(sign) :])
    if least is None or "+" in wish or least[4] is not None or version[4] is not None:
        return None
    low, high = _release(least), _release(version)
    if not sign:
        return low == high
    # `^` keeps the first part that is not nothing, and all before it; `~` the first two.
    kept = 2 if sign == "~" else next((at for at, part in enumerate(low, 1) if part), 3)
    return high >= low and high[:kept] == low[:kept]


def _release(version: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in version.groups()[:3])


def is_range(wish: str) -> bool:
    """Whether a text is a version or a range in npm's syntax."""
    return wish in {"*", ""} or _EXACT.match(wish) is not None or _spec(wish) is not None


def admits(wish: str, version: str) -> bool:
    """Whether a range takes a version in; `*` takes every one, also before its release.

    Any other range takes one before its release only where it names one of that very release.
    """
    if wish in {"*", "", version}:
        return True
    found = _EXACT.match(version)
    if found and found[4] is not None and f"{'.'.join(found.groups()[:3])}-" not in wish:
        return False
    if found and (quickly := _plainly(wish, found)) is not None:
        return quickly
    from semantic_version import Version

    spec = _spec(wish)
    return spec is not None and Version(version) in spec
