"""Addresses that not everybody may know, asked of the host by who may be on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.host import private as file
from deepcat.host.place import PRIVATE, Place

if TYPE_CHECKING:
    from deepcat.clouds.kind import Reach
    from deepcat.plan.values import State


def private(root: Path, state: State) -> dict[str, str]:
    """Name -> address of a deployment's private endpoints; empty where this machine may not look.

    On a machine that is reached by ssh, who may log in may look. Where they are kept is asked of
    the kind of cloud; what its record says of that is not believed.
    """
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import kind_of
    from deepcat.host.machine import machine
    from deepcat.loop.deployments import cloud_of

    if not state.private:
        return {}
    cloud = cloud_of(root, state)
    if cloud is None:
        return {}
    kind = kind_of(cloud)
    if kind.is_here and state.resources.get("machine") != machine():
        return {}
    found = _kept(kind.reach(cloud, means(root), state.name, state.shape))
    return {name: found[name] for name in state.private if name in found}


def _kept(reach: Reach) -> dict[str, str]:
    """What the file says that holds them, here or there."""
    from deepcat.remote import ssh

    if reach.link is None:
        return Place(Path(reach.place)).private
    path = ssh.quoted(f"{reach.place}/{PRIVATE}")
    script = f"[ -L {path} ] || head -c {file.MOST_BYTES} {path} 2>/dev/null"
    return file.parse(ssh.run(reach.link, script).out.decode("utf-8", "replace"))
