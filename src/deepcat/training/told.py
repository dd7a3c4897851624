"""What a run of training gives a script, and takes from it: inputs, and figures as it goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
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
