"""What became of a training, kept in its deployment's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.records.record import Record
    from deepcat.records.store import Store

NOTED = ("training", "state", "version", "address", "why")
_KEY = "proposal"


def noted(record: Record, training: str) -> Mapping[str, str]:
    """What is known of a training's proposal; empty where none was made."""
    found = record.state.resources.get(_KEY)
    if not isinstance(found, Mapping) or found.get("training") != training:
        return {}
    return {str(key): str(value) for key, value in found.items()}


def note(store: Store, name: str, training: str, facts: Mapping[str, str]) -> None:
    """Write down what became of it."""

    def change(record: Record | None) -> Record | None:
        if record is None:
            return None
        resources = {**record.state.resources, _KEY: {k: v for k, v in facts.items() if v}}
        return replace(record, state=replace(record.state, resources=resources))

    store.update(name, change, f"{name}: training {training} is {facts['state']}")
