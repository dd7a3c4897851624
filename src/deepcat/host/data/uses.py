"""Who uses which data on a host, by what deployments have written down; what none uses is swept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deepcat.host.data import cache
from deepcat.host.place import Place, places


def named(local: Path, but: Place | None = None) -> dict[str, tuple[str, ...]]:
    """Data -> the deployments that use it, or are about to.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        but: a deployment that goes, whatever it names.
    """
    found: dict[str, tuple[str, ...]] = {}
    for place in places(local):
        for name in _of(place) if place != but else ():
            found[name] = (*found.get(name, ()), place.name)
    return found


def sweep(local: Path, but: Place | None = None, most: int = cache.MOST_BYTES) -> list[str]:
    """Delete data that no deployment uses: the oldest beyond a size; all where none is left.

    Args:
        local: as `named` takes it.
        but: as `named` takes it.
        most: bytes of what may stay.

    Returns:
        The names of what went.
    """
    others = [place for place in places(local) if place != but]
    return cache.swept(local / cache.FOLDER, named(local, but), most if others else 0)


def _of(place: Place) -> Iterator[str]:
    for mine in (place.state.get("jobs") or {}).values():
        for which in ("live", "candidate"):
            yield from ((mine.get(which) or {}).get("data") or {}).values()
        yield from mine.get("stages") or ()
