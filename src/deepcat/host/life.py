"""What a workload does on a host: the seam between the steps that all share and each workload.

A workload is a folder of this room with a `LIFE`; `steps` calls it and knows no more of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.host.place import Place, locked

Values = Mapping[str, Any]
Result = dict[str, Any]
Step = Callable[[Values], Result]

_LOCK = ".lock"
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")


@dataclass(frozen=True)
class Found:
    """What of a workload is there once it runs.

    Attributes:
        endpoints: name -> address.
        resources: name -> identifiers on this host.
        keys: name -> what tells an API key from another one; it stands in the owner tag alone.
    """

    endpoints: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Life:
    """One workload's life on a host. Whatever is called can be called again.

    Attributes:
        steps: what its roles ask for by name, such as ``server``.
        prove: waits until what was begun has shown that it works; gives the samples that passed.
        settle: lets what was proved take over. It is called with the place held, when `turn` of all
            workloads was.
        abandon: takes away what was not proved; whether anything of it runs on. As `settle`.
        end: stops everything. As `settle`.
        listening: the servers that must prove themselves, as who asks from elsewhere needs them:
            ``models`` (each with ``name`` and ``version``), where one ``listens`` now and where in
            the end (``final``), each with the address of ``rest`` and of ``grpc``.
        told: lines for people about what was proved, such as which form of a model serves.
        turn: lets who calls go over to what was proved, while what answered before goes on, so that
            `abandon` can take it back. As `settle`.
        ended: how what was begun ended by itself: what is told of it, and what the owner tag says;
            None where it has not.
    """

    steps: Mapping[str, Step]
    prove: Callable[[Place, Values], Sequence[str]]
    settle: Callable[[Place, Values], Found]
    abandon: Callable[[Place], bool]
    end: Callable[[Place], None]
    listening: Callable[[Place], Sequence[Values]] = lambda _: ()
    ended: Callable[[Place], Mapping[str, Values] | None] = lambda _place: None
    told: Callable[[Place], Sequence[str]] = lambda _: ()
    turn: Callable[[Place], None] = lambda _place: None


def place_of(values: Values) -> Place:
    """The deployment's place."""
    return Place(Path(values["place"]))


def held(place: Place) -> AbstractContextManager[None]:
    """Hold the place, so that no two steps change it at once."""
    return locked(place.folder / _LOCK)


def key(name: str) -> str:
    """A node's name as a folder's."""
    return name if _KEY.match(name) else hashlib.sha256(name.encode()).hexdigest()[:16]


def with_attributes(values: Values, attributes: Values, changed: bool) -> Result:
    """A step's result: its node's attributes are facts from then on."""
    known = {**values.get("attributes", {}), values["node"]["name"]: attributes}
    return {"changed": changed, "ansible_facts": {"deepcat_attributes": known}}
