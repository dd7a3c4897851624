"""The keeper of a host that nobody prepared: systemd where it looks after the user, else our own.

What keeps something there already goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.host import keeper, keeping, systemd


def Keeper(local: Path, how: Mapping[str, Any]) -> keeper.Keeper:  # noqa: N802 - as all keepers
    """The keeper of the deployments below one folder.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        how: settings of our own one.
    """
    own, theirs = keeping.Keeper(local, how), systemd.Keeper(local)
    if own.names() or not (theirs.names() or systemd.answers()):
        return own
    return theirs
