"""What a source brings anew, put together with what was changed by hand since. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MISSING = object()


def merged(
    base: Any, ours: Any, theirs: Any, *, theirs_hold: bool = False
) -> tuple[Any, tuple[str, ...]]:
    """Values that keep both what we changed and what they changed; and where both did.

    Mappings are put together key by key, all else as a whole. Where both changed the same in
    different ways, one side holds, and the place is named.

    Args:
        base: what was imported; None where nobody knows it any more.
        ours: what stands now.
        theirs: what an import would write.
        theirs_hold: whether theirs holds then; else ours.
    """
    return _merged(_MISSING if base is None else base, ours, theirs, (), theirs_hold)


def _merged(
    base: Any, ours: Any, theirs: Any, at: tuple[str, ...], theirs_hold: bool
) -> tuple[Any, tuple[str, ...]]:
    if _same(ours, theirs) or _same(theirs, base):
        return ours, ()
    if _same(ours, base):
        return theirs, ()
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return _by_key(base if isinstance(base, Mapping) else {}, ours, theirs, at, theirs_hold)
    return theirs if theirs_hold else ours, (".".join(at) or "the file",)


def _by_key(
    base: Mapping[str, Any],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    at: tuple[str, ...],
    theirs_hold: bool,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    found: dict[str, Any] = {}
    conflicts: list[str] = []
    for key in dict.fromkeys((*ours, *theirs)):
        old, here, there = (each.get(key, _MISSING) for each in (base, ours, theirs))
        value, unsure = _merged(old, here, there, (*at, key), theirs_hold)
        conflicts += unsure
        if value is not _MISSING:
            found[key] = value
    return found, tuple(conflicts)


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))
