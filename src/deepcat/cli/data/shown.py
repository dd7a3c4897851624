"""How data sets are told, to a person and to a program. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepcat.loop.data import Kept, Row

FORMAT = "deepcat-data/v1"


def plain(row: Row) -> dict[str, Any]:
    """A data set as one row for a program; of what lets us in nothing."""
    data = row.data
    return {
        "name": data.name,
        "title": data.data["title"],
        "address": data.address,
        "how": data.data.get("how", "stage"),
        "digest": data.digest,
        "bytes": data.bytes,
        "files": len(data.manifest.pieces),
        "license": data.data.get("license", ""),
        "doi": data.data.get("doi", ""),
        "maintainers": list(data.data["maintainers"]),
        "modules": list(row.modules),
        "deployments": list(row.deployments),
    }


def plain_kept(each: Kept) -> dict[str, Any]:
    """Data that lies here, as one row for a program."""
    return {
        "digest": each.digest,
        "dataset": each.dataset,
        "place": each.place,
        "path": str(each.path),
        "bytes": each.bytes,
        "deployments": list(each.deployments),
    }
