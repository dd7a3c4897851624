"""The kinds of cloud that are installed, as far as the catalog must know them: names and schemas.

A kind is what an entry point of the group `deepcat.clouds` leads to; `deepcat.clouds.kind` says
what is asked of it. Here it is only looked up, so that a file of a cloud can be judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from deepcat import plugins

GROUP = "deepcat.clouds"
QUESTIONS = (
    "probe", "realise", "reach", "observe", "endpoint", "tunnel", "shell", "logs", "failure",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Installed:
    """A kind of cloud that some package brings.

    Attributes:
        name: as `kind` in a cloud's file.
        kind: what answers for it; None when it cannot be used.
        why: why it cannot be used, in words that name the package; empty when it can.
    """

    name: str
    kind: Any = None
    why: str = ""

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """Of the section named after the kind; None when the kind cannot be used."""
        return self.kind.schema if self.kind is not None else None


def names() -> tuple[str, ...]:
    """The kinds that packages bring, sorted, whether or not they can be used."""
    return plugins.names(GROUP)


@cache
def installed(name: str) -> Installed | None:
    """A kind by its name; None when no package brings it. Never raises."""
    found = plugins.plugin(GROUP, name)
    if found is None:
        return None
    trouble = found.why or _trouble(found.value, name)
    if trouble:
        why = f"the kind of cloud `{name}`, brought by {found.distribution}, cannot be used"
        return Installed(name, why=f"{why}: {trouble}")
    return Installed(name, found.value)


def _trouble(value: Any, name: str) -> str:
    """Why something is no kind of cloud; empty when it is one."""
    if getattr(value, "name", None) != name:
        return f"it calls itself {getattr(value, 'name', None)!r}"
    if not isinstance(getattr(value, "is_here", None), bool):
        return "its `is_here` is neither true nor false"
    if not isinstance(getattr(value, "schema", None), Mapping):
        return "its `schema` is no mapping"
    takes = getattr(value, "takes", None)
    if not isinstance(takes, (frozenset, set)) or not all(isinstance(each, str) for each in takes):
        return "its `takes` is no set of words"
    missing = [each for each in QUESTIONS if not callable(getattr(value, each, None))]
    return f"it does not answer `{missing[0]}`" if missing else ""
