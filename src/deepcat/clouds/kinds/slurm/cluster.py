"""How a cluster is reached, and what its jobs are submitted with. Pure but for what ssh reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Ground, Means, Reach
from deepcat.remote import ssh
from deepcat.remote.link import Link
from deepcat.remote.login import link_of

SECTION = "slurm"
BASE = "~/.deepcat"
THERE = "deepcat.clouds.kinds.slurm.there"
# Between a partition, a type of GPU and how many of them, in the name of a shape.
MARK = "."
# What GPUs are called to which a site gave no type.
UNTYPED = "gpu"


def section(cloud: Cloud) -> Mapping[str, Any]:
    """The kind's own part of a cloud's file."""
    found: Mapping[str, Any] = cloud.data.get(SECTION) or {}
    return found


def link(cloud: Cloud, root: Path) -> Link | None:
    """How the login node is reached; None where Slurm's commands are here.

    Args:
        cloud: of the cluster.
        root: the catalog's folder, from which a key's path begins.
    """
    login = section(cloud).get("login")
    if not login:
        return None
    return link_of(login, root)


def base(cloud: Cloud) -> str:
    """The folder of the shared file system that holds all that is ours."""
    return str(section(cloud).get("folder") or BASE).rstrip("/")


def gres(shape: str) -> str:
    """What a job asks for of GPUs, by its shape's name; empty for none."""
    _, _, rest = shape.partition(MARK)
    card, _, count = rest.rpartition(MARK)
    if not card:
        return ""
    return f"gpu:{count}" if card == UNTYPED else f"gpu:{card}:{count}"


def keeper(cloud: Cloud, shape: str = "") -> dict[str, Any]:
    """Who submits jobs there, and with what: by the shape's name, a partition and GPUs of it."""
    own = section(cloud)
    partition, cards = shape.partition(MARK)[0], gres(shape)
    options = [f"--partition={partition}"] if partition else []
    options += [f"--gres={cards}"] if cards else []
    named = ("account", "qos", "reservation", "constraint")
    options += [f"--{key}={own[key]}" for key in named if own.get(key)]
    return {
        "module": THERE,
        "options": options,
        "time_min": int(own.get("time") or 60),
        "renew_s": int(own.get("renew") or 120),
        "wait_s": float(own.get("wait") or 60),
        "modules": list(own.get("modules") or ()),
    }


def reach(cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
    """A folder of the catalog's own on the shared file system, and jobs for what runs."""
    way = link(cloud, means.root)
    python = str(section(cloud).get("python") or "python3")
    here = {"ansible_connection": "local"}
    own: dict[str, Any] = here if way is None else dict(ssh.variables(way))
    own["ansible_python_interpreter"] = python
    place = f"{base(cloud)}/{means.catalog}/{deployment}"
    return Reach(
        own, place, "0.0.0.0", keeper=keeper(cloud, shape), travels=(THERE,),  # noqa: S104 - never bound
        ground=Ground(base(cloud)), link=way,
    )  # fmt: skip
