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
    release = tuple(int(part) for part in found.groups()[:3])
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


def is_range(wish: str) -> bool:
    """Whether a text is a version or a range in npm's syntax."""
    return wish in {"*", ""} or _EXACT.match(wish) is not None or _spec(wish) is not None


def admits(wish: str, version: str) -> bool:
    """Whether a range takes a version in; `*` takes every one, also before its release."""
    if wish in {"*", "", version}:
        return True
    from semantic_version import Version

    spec = _spec(wish)
    return spec is not None and Version(version) in spec
