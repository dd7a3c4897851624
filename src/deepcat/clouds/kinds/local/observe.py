"""What this machine really runs for a catalog."""

from __future__ import annotations

from pathlib import Path

from deepcat.clouds.kind import Found, Listing
from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.listing import listing
from deepcat.host.machine import machine


def observe(root: Path) -> Listing:
    """All deployments of a catalog on this machine, by name."""
    folder = local_folder(root)
    found = tuple(
        Found(
            each.name,
            each.owner,
            frozenset(each.up),
            frozenset(each.loose),
            each.altered,
            stopped=each.stopped,
        )
        for each in listing(folder, ({},))
    )
    return Listing(found, machine=machine(), folder=str(folder))
