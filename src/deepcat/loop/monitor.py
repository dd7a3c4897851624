"""What a monitoring system is told: looked up now, and kept for the next look."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.loop.observed import sight
from deepcat.loop.world import is_as_applied
from deepcat.plan.access import default_of

if TYPE_CHECKING:
    from deepcat.catalog.values import Catalog
    from deepcat.records.exposition import Family
    from deepcat.records.record import Record
    from deepcat.records.store import Store
    from deepcat.review.metrics import Facts

_KEPT = Path(".deepcat/ci/watched.json")


def metrics(root: Path, store: Store) -> str:
    """All figures in Prometheus' text format; as `figures`."""
    from deepcat.records.exposition import text

    return text(figures(root, store))


def figures(root: Path, store: Store) -> tuple[Family, ...]:
    """All figures, by what is recorded, wished and really there.

    Args:
        root: the catalog's folder.
        store: the records.

    Raises:
        DeepcatError: the records are damaged, or there is no Git.
    """
    from deepcat.review.metrics import families

    return families(_facts(root, store))


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: a collector reads it at any moment.

    Raises:
        DeepcatError: it cannot be written (``metrics/write``).
    """
    fresh = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            fresh = file.name
            file.write(text)
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except OSError as error:
        if fresh:
            Path(fresh).unlink(missing_ok=True)
        raise DeepcatError(
            f"`{path}` cannot be written: {os.strerror(error.errno or 0)}",
            hint="name a file in a folder that is there and that you may write to",
            code="metrics/write",
        ) from None


def keep_watched(root: Path, is_well: bool) -> None:
    """Remember that the watch came to its end, and whether all was in order."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    path = root / _KEPT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"at": now, "well": is_well}) + "\n", "utf-8")


def _facts(root: Path, store: Store) -> Facts:
    from deepcat import __version__
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings
    from deepcat.review.metrics import Facts

    tree = work_tree(root)
    catalog = load(tree)
    recorded = store.read_all()
    seen = sight(root, recorded, catalog.clouds, catalog.deployments)
    now = datetime.now(UTC)
    newest = next(iter(store.log(limit=1)), None)
    watched = _watched(root)
    settings = read_settings(tree)
    return Facts(
        version=__version__,
        currency=str(settings.get("currency") or ""),
        now=now,
        records=seen.records,
        wishes=catalog.deployments,
        in_sync=_in_sync(catalog, seen.records, now, settings),
        drift=seen.drift,
        tip=newest.commit if newest else "",
        tip_at=newest.at if newest else "",
        watched_at=str(watched.get("at", "")),
        watched_well=watched.get("well") is True,
    )


def _in_sync(
    catalog: Catalog, seen: Mapping[str, Record], now: datetime, settings: Mapping[str, Any]
) -> frozenset[str]:
    default = default_of(settings)
    return frozenset(
        name
        for name, wish in catalog.deployments.items()
        if name in seen and is_as_applied(wish, catalog, seen[name].state, now, default)
    )


def _watched(root: Path) -> dict[str, Any]:
    try:
        found = read_json((root / _KEPT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
