"""What became of a training, kept in its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training

NOTED = ("state", "version", "before", "address", "why")


def note(store: Store, training: Training, facts: Mapping[str, str]) -> None:
    """Write down what became of what it made last."""
    told = {key: value for key, value in (*facts.items(), ("ended", training.ended)) if value}

    def change(now: Training | None) -> Training | None:
        return replace(now or training, proposal=told)

    words = f"{training.deployment}: training {training.training} is {facts['state']}"
    store.update_training(training.training, change, words)
