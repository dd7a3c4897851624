"""Roles and collections of Ansible Galaxy that a template names as artifacts. Pure.

Such an artifact is a name, no file: `grycap.docker`, `indigo-dc.slurm,v1.0.2`, or the address of
a Git repository, `git+https://example.org/role,v1.0.2`, as the Infrastructure Manager takes them:
a version after a comma, and after a bar the name that the role has where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

# The part of an artifact that says what is named.
KEY: Final = "galaxy"
_TYPE = re.compile(r"(?:\A|\.)AnsibleGalaxy\.(role|collection)\Z")
_NAMED = re.compile(
    r"(?P<source>(?P<name>[A-Za-z0-9_-]{1,80}\.[A-Za-z0-9_-]{1,80})"
    r"|git\+https://[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?/[A-Za-z0-9._~/-]{1,300})"
    r"(?:,(?P<version>[A-Za-z0-9][A-Za-z0-9._/-]{0,100}))?"
    r"(?:\|(?P<called>[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}))?\Z"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A role or a collection that an artifact names.

    Attributes:
        kind: ``role`` or ``collection``.
        source: its name on Galaxy, or `git+https://…`.
        version: empty where the template leaves it open.
        called: what it is called where it is used.
    """

    kind: str
    source: str
    version: str
    called: str


@dataclass(frozen=True, slots=True, order=True)
class Pinned:
    """A role that is fetched.

    Attributes:
        called: the folder that it lies in, which is its name for a playbook.
        source: its name on Galaxy, or `git+https://…`.
        version: a release, a tag or a commit.
    """

    called: str
    source: str
    version: str

    def __str__(self) -> str:
        return f"{self.source} at {self.version}"


def kind_of(ancestry: Iterable[str]) -> str:
    """What artifacts of a type, given with its ancestors, name: a role, a collection or nothing."""
    return next((found[1] for name in ancestry if (found := _TYPE.search(name))), "")


def parse(kind: str, text: Any) -> Named | None:
    """What an artifact's `file` names; None where it is no such name."""
    found = _NAMED.match(text) if isinstance(text, str) else None
    if found is None or ".." in found["source"]:
        return None
    last = found["source"].rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    called = found["called"] or found["name"] or last
    # It names a folder, and is an argument of a program.
    if not called[:1].isalnum() and called[:1] != "_":
        return None
    return Named(kind, found["source"], found["version"] or "", called)


def named(artifacts: Mapping[str, Mapping[str, Any]]) -> dict[str, Named]:
    """Artifact -> what it names, of a node's artifacts that do."""
    found = {
        name: parse(str(each[KEY]), each.get("file"))
        for name, each in artifacts.items()
        if KEY in each
    }
    return {name: each for name, each in found.items() if each is not None}
