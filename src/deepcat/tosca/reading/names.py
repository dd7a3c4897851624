"""What a type's name means where it stands: whole, short, qualified, or behind a prefix. Pure.

A document that is imported under a prefix is a namespace: its types are kept as `PREFIX:NAME`, its
own names are looked for there first. The Simple Profile's types have short names (`Compute`) and
qualified ones (`tosca:Compute`); a type of the template's own of that name goes before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from deepcat.tosca.reading.library import ALWAYS, library, owner_of

QUALIFIER: Final = "tosca"
# Short names that are not what follows `tosca.KIND.` in the whole one.
_SHORTER: Final = ("Implementation.",)


@dataclass(slots=True)
class Names:
    """Which documents are namespaces, and by which prefixes each names others.

    Attributes:
        own: kind -> type's name, with its namespace -> anything.
        libraries: names of the vendored libraries that are imported, in their order.
        spaces: path -> what stands before the names of its types, such as ``my:``.
        prefixes: path -> prefix -> the path that it stands for; empty for a vendored library.
    """

    own: Mapping[str, Mapping[str, Any]]
    libraries: Mapping[str, None]
    spaces: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, dict[str, str]] = field(default_factory=dict)

    def meant(self, path: str, kind: str, name: str) -> str:
        """The whole name of a type that a document names; as written where there is none."""
        return self._found(path, kind, name) or name

    def _found(self, path: str, kind: str, name: str) -> str | None:
        known = self.own.get(kind, {})
        for candidate in (self.spaces.get(path, "") + name, name):
            if candidate in known:
                return candidate
        if owner_of(kind, name, tuple(self.libraries)):
            return name
        for prefix, target in self.prefixes.get(path, {}).items():
            if name.startswith((f"{prefix}:", f"{prefix}.")):
                found = self._found(target, kind, name[len(prefix) + 1 :])
                if found:
                    return found
        return whole(kind, name)


def whole(kind: str, name: str) -> str | None:
    """The whole name of a type of the Simple Profile by its short or qualified one."""
    return _short_names(kind).get(name.removeprefix(f"{QUALIFIER}:"))


@cache
def _short_names(kind: str) -> dict[str, str]:
    """The short names of a kind's types; the longer of two that clash goes by its longer name."""
    short: dict[str, str] = {}
    for owner in ALWAYS:
        for name in library(owner)[kind]:
            rest = name.split(".", 2)[-1]
            for form in (rest, _unplaced(rest), *map(rest.removeprefix, _SHORTER), name):
                short.setdefault(form, name)
    return short


def _unplaced(name: str) -> str:
    """A name without the small words before it: `network.Port` is called `Port`, too."""
    parts = name.split(".")
    while len(parts) > 1 and parts[0].islower():
        del parts[0]
    return ".".join(parts)
