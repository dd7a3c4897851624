"""The labels and names that our objects bear. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from deepcat.clouds.manifests.values import DOMAIN, LONGEST, fit, short

# Whose they are: the catalog's id, and the deployment by its name.
CATALOG = f"{DOMAIN}/catalog"
DEPLOYMENT = f"{DOMAIN}/deployment"
# What an object is for us: `owner` for the one that bears the owner tag.
PART = f"{DOMAIN}/part"
OWNER = "owner"
# What the names of the objects of a server leave to those of its parts.
_ROOM = 24


def server_name(catalog: str, deployment: str, node: str = "") -> str:
    """Of a server's objects: those of two catalogs in one namespace are two.

    Args:
        catalog: the catalog's id.
        deployment: its name.
        node: that stands for the server, where a deployment has several; else empty.
    """
    mark = hashlib.sha256(catalog.encode()).hexdigest()[:6]
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in node.lower()).strip("-")
    tail = f"-{plain}" if plain else ""
    return short(f"{fit(deployment)}{tail}-{mark}", LONGEST - _ROOM)


def tag_name(catalog: str, deployment: str) -> str:
    """Of the object that bears a deployment's owner tag."""
    return short(f"deepcat-{server_name(catalog, deployment)}", LONGEST)


def access_name(catalog: str, deployment: str) -> str:
    """Of the object that holds whose keys count for a deployment."""
    return f"{short(tag_name(catalog, deployment), LONGEST - 7)}-access"


def role_name(may: str) -> str:
    """Of what lets somebody do a thing: ``deepcat-apply``, ``deepcat-read``."""
    return f"{DOMAIN}-{may}"


def label(deployment: str) -> str:
    """Of a deployment, as objects bear it."""
    return short(deployment)


def labels(catalog: str, deployment: str) -> dict[str, str]:
    """That all objects of a deployment bear."""
    return {CATALOG: catalog, DEPLOYMENT: label(deployment)}


def chosen_of(catalog: str, deployments: Iterable[str]) -> str:
    """The selector of those of several deployments, by their labels."""
    return f"{CATALOG}={catalog},{DEPLOYMENT} in ({','.join(sorted(deployments))})"


def chosen(catalog: str, deployment: str = "") -> str:
    """The selector by which they are listed."""
    own = f",{DEPLOYMENT}={label(deployment)}" if deployment else ""
    return f"{CATALOG}={catalog}{own}"
