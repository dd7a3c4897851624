"""Whose secrets are whose: `secrets` of `deepcat.yaml`, read and held against a reference. Pure.

Each owner or group names the places that are theirs: one place, or all below one. A place is below
another only at a boundary, so that `env:…_TEAM_A_` never stands for `env:…_TEAM_AB_KEY`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.secrets.reference import Reference, parse

EVERYONE = "*"
# The group of those who keep the catalog: its clouds' credentials are theirs.
KEEPERS = "maintainers"
_ENDS = {"env": "_", "file": "/", "vault": "/", "oidc": "/", "keyring": "/"}
# One way to spell a place: nothing that a server, a file system or a shell would read as another.
_PLAIN = re.compile(r"[A-Za-z0-9._@+-]+\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_AUDIENCE = re.compile(r"https?://")


@dataclass(frozen=True, slots=True)
class Place:
    """A place of secrets, and whose it is.

    Attributes:
        where: one reference; where its name ends at a boundary, all that lie below it.
        owner: a handle, a group's name, or `EVERYONE`.
    """

    where: Reference
    owner: str

    @property
    def is_folder(self) -> bool:
        """Whether it stands for all that lies below it."""
        return not self.where.key and self.where.name.endswith(_ENDS[self.where.kind])

    @property
    def order(self) -> tuple[int, bool]:
        """The greater, the nearer to one secret."""
        return len(str(self.where)), not self.is_folder

    def holds(self, reference: Reference) -> bool:
        """Whether a secret lies here."""
        where = self.where
        if reference.kind != where.kind:
            return False
        if self.is_folder:
            return reference.name.startswith(where.name) and reference.name != where.name
        return reference.name == where.name and where.key in ("", reference.key)


@dataclass(frozen=True, slots=True)
class SecretOwners:
    """All places that `deepcat.yaml` gives to somebody.

    Attributes:
        places: in the file's order.
        groups: group -> handles, as they are compared.
    """

    places: tuple[Place, ...]
    groups: Mapping[str, frozenset[str]]

    def why_not(self, reference: Reference, who: Collection[str] | None) -> str:
        """Why these people may not name a secret, as the end of "`X` …"; empty when they may.

        Args:
            reference: where the secret lies.
            who: handles, each of whom must own it, since each can change what is done with it; None
                for the catalog itself.
        """
        if not is_plain(reference):
            return "is not spelt in the one way that can be told apart"
        owners = self.owners(reference)
        if not owners:
            return "belongs to nobody: no entry of `secrets` in `deepcat.yaml` holds it"
        if EVERYONE in owners:
            return ""
        theirs = ", ".join(f"`{each}`" for each in owners)
        if who is None:
            return "" if KEEPERS in owners else f"belongs to {theirs}, not to the catalog"
        people = frozenset().union(*(self._people(each) for each in owners))
        others = sorted({_handle(each) for each in who} - people)
        if others:
            return f"belongs to {theirs}, not to {', '.join(f'`{each}`' for each in others)}"
        return "" if who else f"belongs to {theirs}, and nobody answers for what names it"

    def owners(self, reference: Reference) -> tuple[str, ...]:
        """Whose a secret is, by the nearest place that holds it."""
        found = [each for each in self.places if each.holds(reference)]
        nearest = max((each.order for each in found), default=None)
        return tuple(sorted({each.owner for each in found if each.order == nearest}))

    def _people(self, owner: str) -> frozenset[str]:
        """A group's name stands for the group, also where somebody bears the same as a handle."""
        return self.groups.get(owner, frozenset({_handle(owner)}))


def secret_owners(settings: Mapping[str, Any]) -> SecretOwners | None:
    """Who owns what; None where the catalog says nothing of secrets.

    What cannot be read gives nobody anything.
    """
    if "secrets" not in settings:
        return None
    groups = settings.get("groups")
    people = {
        str(name): frozenset(_handle(each) for each in members if isinstance(each, str))
        for name, members in (groups.items() if isinstance(groups, Mapping) else ())
        if isinstance(members, list)
    }
    return SecretOwners(tuple(_places(settings["secrets"])), people)


def is_plain(reference: Reference) -> bool:
    """Whether a place is spelt so that nobody can take it for another.

    No `..`, empty or escaped part, and no character that a server, a look-up or a shell reads as
    more than itself.
    """
    name = reference.name
    if reference.kind == "env":
        return bool(_VARIABLE.match(name))
    rest = _AUDIENCE.sub("", name, count=1) if reference.kind == "oidc" else name
    if reference.kind == "file":
        rest = rest.removeprefix("~/") if rest.startswith("~/") else rest.removeprefix("/")
        if rest == name:
            return False
    parts = rest.split("/")
    plain = all(_PLAIN.match(each) and each not in (".", "..") for each in parts)
    return plain and (not reference.key or bool(_PLAIN.match(reference.key)))


def _places(said: Any) -> Iterator[Place]:
    for owner, listed in said.items() if isinstance(said, Mapping) else ():
        for text in listed if isinstance(listed, list) else ():
            reference = parse(text)
            if reference is not None:
                yield Place(reference, str(owner).removeprefix("@"))


def _handle(text: str) -> str:
    return text.strip().removeprefix("@").lower()
