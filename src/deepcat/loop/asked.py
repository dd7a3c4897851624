"""Trainings that somebody asked for by a command: wishes without a file, kept in their records.

As long as one has not ended, it is a wish like any other: a merge or the watch does not take it
down, and goes on with it where it was lost. Once it has ended, nobody plans anything for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepcat.catalog.build import deployment_of
from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.reading.units import UnitKind
from deepcat.plan.values import Status

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Catalog
    from deepcat.records.record import Record

_PROFILE = "train"


def with_asked(
    catalog: Catalog,
    tree: Tree,
    records: Mapping[str, Record],
    asked: Mapping[str, Mapping[str, Any]] | None = None,
) -> Catalog:
    """The catalog with the wishes that have no file.

    Args:
        catalog: of the tree.
        tree: a file that it holds counts, whatever was asked for under its name.
        records: by name.
        asked: name -> what is asked for now, as a file would say it.
    """
    kept = {n: r.state.asked for n, r in records.items() if r.state.asked and not is_over(r)}
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


def _is_training(data: Mapping[str, Any]) -> bool:
    """Whether it is a sound wish for a training; a record may have been written by anybody."""
    return data.get("profile") == _PROFILE and is_valid(UnitKind.DEPLOYMENT, dict(data))
