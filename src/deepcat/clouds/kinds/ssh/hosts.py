"""The hosts that a cloud's file names, and how each is reached. Pure but for what ssh reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Ground, Means, Reach
from deepcat.errors import DeepcatError
from deepcat.remote import ssh
from deepcat.remote.link import Link
from deepcat.remote.login import link_of

SECTION = "ssh"
LOOPBACK = "127.0.0.1"
BASE = "~/.deepcat"
KEEPER: Mapping[str, Any] = {"module": "deepcat.host.bare", "boots": True}


def hosts(cloud: Cloud) -> dict[str, Mapping[str, Any]]:
    """Name -> what the file says of a host, with what it says of all of them."""
    section = cloud.data[SECTION]
    common = {name: value for name, value in section.items() if name != "hosts"}
    return {name: {**common, **(own or {})} for name, own in section["hosts"].items()}


def link(cloud: Cloud, name: str, root: Path) -> Link:
    """How a host is reached.

    Args:
        cloud: of the host.
        name: the host's; the first one's when it is empty.
        root: the catalog's folder, from which a key's path begins.

    Raises:
        DeepcatError: as `_told`, or its key is not where its reference points to
            (``secret/missing``).
    """
    own = _told(cloud, name)
    return link_of(own, root, name or next(iter(hosts(cloud))))


def _told(cloud: Cloud, name: str) -> Mapping[str, Any]:
    """What the file says of a host, or of the first one where the name is empty.

    Raises:
        DeepcatError: the cloud's file does not name it any more (``run/host``).
    """
    known = hosts(cloud)
    own = known.get(name or next(iter(known)))
    if own is None:
        hint = f"bring `{name}` back among the hosts of `{cloud.name}`"
        raise DeepcatError(f"no host `{name}` in `{cloud.name}`", hint=hint, code="run/host")
    return own


def base(cloud: Cloud) -> str:
    """The folder on each host that holds all that is ours."""
    return str(cloud.data[SECTION].get("folder") or BASE).rstrip("/")


def reach(cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
    """A folder of the catalog's own on one host.

    Raises:
        DeepcatError: as `link`.
    """
    way = link(cloud, shape, means.root)
    section = cloud.data[SECTION]
    python = {"ansible_python_interpreter": str(section.get("python") or "python3")}
    own: dict[str, Any] = {**ssh.variables(way), **python}
    ground = Ground(
        base(cloud),
        cache=str(section.get("cache") or ""),
        index=str(section.get("index") or ""),
        image=str(section.get("image") or ""),
        ways=tuple(section.get("ways") or ()),
        python=str(section.get("python") or ""),
    )
    place = f"{base(cloud)}/{means.catalog}/{deployment}"
    told = _told(cloud, shape)
    proxy = proxy_of(told)
    # What stands behind a proxy is nobody else's to reach.
    address = LOOPBACK if proxy else str(told.get("listen") or LOOPBACK)
    return Reach(own, place, address, keeper=KEEPER, ground=ground, link=way, proxy=proxy)


def proxy_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """The proxy that shall stand before what runs on a host; empty for none. Pure.

    Args:
        told: as `hosts` gives it.
    """
    wanted = told.get("proxy")
    return {"listen": str(told.get("listen") or ""), **wanted} if wanted else {}
