"""How what is made is called, and by what it is known again as ours. Pure.

A name alone tells nobody whose a thing is. Servers bear tags and metadata, which they are made
with; ports, groups and addresses bear a description from their first moment on, and tags as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MARK = "deepcat"
KEY = f"{MARK}.hostkey"
# Of a server: where its volume for data is mounted. Of a volume: that it is one.
MOUNTED = f"{MARK}.volume"
# Of a server: who woke it for a look, and puts it aside again; or that somebody uses it.
LOOK, USED = f"{MARK}.look", "used"
# Of a server: the server group that it was made in.
GROUP = f"{MARK}.group"
PART, DATA = f"{MARK}.part", "data"
_OWNER = f"{MARK}.owner."
# Of one value of a server's metadata, of a description, and of how many values a server may have.
_MOST, _MOST_PARTS = 255, 100
_SHORT = ("module", "version", "profile", "run", "commit")


@dataclass(frozen=True, slots=True)
class Of:
    """Whose something is.

    Attributes:
        catalog: the catalog's id.
        deployment: its name.
        shape: the flavour that it was given.
    """

    catalog: str
    deployment: str
    shape: str

    @property
    def name(self) -> str:
        """Of all that is made for it."""
        return f"{MARK}-{self.catalog}-{self.deployment}-{_short(self.shape)}"

    @property
    def volume(self) -> str:
        """The name of its volume for data, which servers of other shapes get, too."""
        return f"{MARK}-{self.catalog}-{self.deployment}-data"

    @property
    def tags(self) -> list[str]:
        """By which it is listed; none is longer than a tag may be."""
        return [MARK, tag_of(self.catalog), f"{MARK}-{self.catalog}-{_short(self.deployment)}"]


def tag_of(catalog: str) -> str:
    """The tag that all of a catalog's bears."""
    return f"{MARK}-catalog-{catalog}"


def group_of(catalog: str, policy: str) -> str:
    """The name of the server group of a policy that a catalog's servers share."""
    return f"{MARK}-{catalog}-{policy}"


def known(of: Of) -> dict[str, str]:
    """By which something is known as ours that bears values with names."""
    return {
        f"{MARK}.catalog": of.catalog,
        f"{MARK}.deployment": of.deployment,
        f"{MARK}.shape": of.shape,
    }


def metadata(of: Of, owner: Mapping[str, Any]) -> dict[str, str]:
    """What a server is given: whose it is, and its owner tag in parts.

    Args:
        of: whose it is.
        owner: the owner tag; of one that is too long, only what it is known by.
    """
    told = known(of)
    parts = _parts(json.dumps(owner, separators=(",", ":"), default=str))
    if len(parts) > _MOST_PARTS:
        parts = _parts(json.dumps({**owner, "nodes": {}, "inputs": {}}, separators=(",", ":")))
    return told | {f"{_OWNER}{number:02}": part for number, part in enumerate(parts[:_MOST_PARTS])}


def of_metadata(told: Mapping[str, Any]) -> tuple[Of, dict[str, Any]] | None:
    """Whose a server is, and its owner tag; None where it is nobody's of ours."""
    values = [told.get(f"{MARK}.{each}") for each in ("catalog", "deployment", "shape")]
    if not all(isinstance(each, str) and each for each in values):
        return None
    parts = sorted((key, str(part)) for key, part in told.items() if key.startswith(_OWNER))
    return Of(*map(str, values)), _read("".join(part for _, part in parts))


def description(of: Of, owner: Mapping[str, Any]) -> str:
    """What a port, a group or an address is given."""
    own = {"catalog": of.catalog, "deployment": of.deployment, "shape": of.shape}
    for count in range(len(_SHORT), -1, -1):
        more = {name: str(owner[name]) for name in _SHORT[:count] if owner.get(name)}
        text = f"{MARK} {json.dumps(own | more, separators=(',', ':'))}"
        if len(text) <= _MOST:
            break
    return text


def of_description(text: Any) -> tuple[Of, dict[str, Any]] | None:
    """Whose something is, and what can be said of its owner tag; None as `of_metadata`."""
    mark, _, rest = str(text or "").partition(" ")
    told = _read(rest) if mark == MARK else {}
    values = [told.get(each) for each in ("catalog", "deployment", "shape")]
    if not all(isinstance(each, str) and each for each in values):
        return None
    of = Of(*map(str, values))
    owner = {
        "name": of.deployment, "catalog": of.catalog, "shape": of.shape, "status": "pending",
        "inputs": {}, "cloud": "", "module_digest": "", "wish_digest": "", "module": "",
        "version": "", "profile": "", "commit": "",
    }  # fmt: skip
    return of, owner | {name: str(told[name]) for name in _SHORT if name in told}


def _parts(text: str) -> list[str]:
    return [text[at : at + _MOST] for at in range(0, len(text), _MOST)]


def _read(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
