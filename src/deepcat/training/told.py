"""What a run of training gives a script, and takes from it: inputs, figures, plots."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def given(name: str, default: Any) -> Any:
    """The value of an input that `training.inputs` declares.

    Args:
        name: of the input.
        default: what holds where the script is called by hand.
    """
    path = os.environ.get("DEEPCAT_INPUTS")
    return json.loads(Path(path).read_text("utf-8")).get(name, default) if path else default


def note(metrics: Mapping[str, float], step: int | None = None, of: int = 0) -> None:
    """Tell figures, which status and the website then show; by hand nobody is told.

    Args:
        metrics: name -> value.
        step: which it is; 0 is the first.
        of: how many there are in all, from which the progress is told.
    """
    path = os.environ.get("DEEPCAT_METRICS")
    if not path:
        return
    told: dict[str, float] = {name: float(value) for name, value in metrics.items()}
    if step is not None:
        told["step"] = step
        if of:
            told["progress"] = min(1.0, (step + 1) / of)
    with Path(path).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(told) + "\n")


def confusion(wanted: Iterable[Any], said: Iterable[Any]) -> None:
    """Leave a confusion matrix for the proposal; by hand nothing is left.

    Args:
        wanted: the class of each example.
        said: the class that the model says, in the same order.

    Raises:
        ValueError: there are more of the one than of the other.
    """
    pairs = _pairs(wanted, said)
    labels = sorted({each for pair in pairs for each in pair})
    at = {label: number for number, label in enumerate(labels)}
    matrix = [[0] * len(labels) for _ in labels]
    for is_, taken in pairs:
        matrix[at[is_]][at[taken]] += 1
    _plot("confusion_matrix", {"labels": [str(each) for each in labels], "matrix": matrix})


def residuals(wanted: Iterable[float], said: Iterable[float]) -> None:
    """Leave residuals for the proposal, as `confusion`: what the model says minus what it is."""
    told = [float(each) - float(is_) for is_, each in _pairs(wanted, said)]
    _plot("residuals", {"residuals": [float(f"{each:.6g}") for each in told]})


def _pairs(wanted: Iterable[Any], said: Iterable[Any]) -> list[tuple[Any, Any]]:
    ones, others = list(wanted), list(said)
    if len(ones) != len(others):
        raise ValueError(f"{len(ones)} are wanted, and {len(others)} said")
    return list(zip(ones, others))


def _plot(name: str, data: Mapping[str, Any]) -> None:
    folder = os.environ.get("DEEPCAT_OUTPUT")
    if not folder:
        return
    path = Path(folder, "plots", f"{name}.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data), "utf-8")
