"""Trainings that somebody asked for by a command: wishes without a file, kept in their records.

As long as one has not ended, it is a wish like any other: a merge or the watch does not take it
down, and goes on with it where it was lost. Once it has ended, nobody plans anything for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepcat.catalog.build import deployment_of
from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.reading.units import UnitKind
from deepcat.plan.reproduction import said
from deepcat.plan.trial import OF
from deepcat.plan.values import Status
from deepcat.records.trainings import REPRODUCED

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Catalog
    from deepcat.plan.values import State
    from deepcat.records.record import Record

_PROFILE = "train"
# A deployment's name has at most 63 letters.
_LONGEST = 45


def name_of(data: Mapping[str, Any]) -> str:
    """The name of a wish without a file: another one for everything else that is asked for."""
    asked = json.dumps(data, sort_keys=True, ensure_ascii=False).encode()
    start = f"train-{data['module']}"[:_LONGEST].rstrip("-")
    return f"{start}-{hashlib.sha256(asked).hexdigest()[:8]}"


def with_asked(
    catalog: Catalog,
    tree: Tree,
    records: Mapping[str, Record],
    asked: Mapping[str, Mapping[str, Any]] | None = None,
    dropped: Collection[str] = (),
) -> Catalog:
    """The catalog with the wishes that have no file.

    Args:
        catalog: of the tree.
        tree: a file that it holds counts, whatever was asked for under its name.
        records: by name.
        asked: name -> what is asked for now, as a file would say it.
        dropped: names of those that nobody asks for any more.
    """
    live = {n: r for n, r in records.items() if n not in dropped and not is_over(r)}
    kept = {name: each.state.asked for name, each in live.items() if each.state.asked}
    found = {
        name: deployment_of(name, "", data)
        for name, data in {**kept, **(asked or {})}.items()
        if _is_training(data) and tree.size(f"deployments/{name}.yaml") is None
    }
    if not found:
        return catalog
    return replace(catalog, deployments={**catalog.deployments, **found})


def is_over(record: Record) -> bool:
    """Whether it was asked for by a command, and nothing is to be done for it any more."""
    state = record.state
    return bool(state.asked) and (state.has_ended or state.status is Status.GONE)


def asked_by(state: State) -> str:
    """Who asked for a training, as its record says it (`Training.by`)."""
    if said(state.asked):
        return REPRODUCED
    return "command" if state.asked and not state.asked.get(OF) else "file"


def _is_training(data: Mapping[str, Any]) -> bool:
    """Whether it is a sound wish for a training; a record may have been written by anybody."""
    return data.get("profile") == _PROFILE and is_valid(UnitKind.DEPLOYMENT, dict(data))
