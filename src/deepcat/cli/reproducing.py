"""What `deepcat reproduce` and its schedule share: which modules, and what is told to programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deepcat.loop.trained.compared import Reproduced

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=3600.0,
    show_default=True,
    help="How long one training may take, in seconds.",
)


def trainable(root: Path) -> tuple[str, ...]:
    """The modules of the catalog that say how they are trained."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.values import trains

    modules = load(work_tree(root)).modules
    return tuple(name for name in sorted(modules) if trains(modules[name].data))


def plain_data(found: Reproduced) -> dict[str, Any]:
    """What came of it, for a program."""
    return {
        "module": found.module,
        "version": found.version,
        "verdict": found.verdict.value,
        "at": found.at,
        "seconds": found.seconds,
        "commit": found.commit,
        "training": found.training,
        "hardware": dict(found.hardware),
        "metrics": [
            {
                "name": each.name,
                "before": each.before,
                "after": each.after,
                "tolerance": each.tolerance,
            }
            for each in found.figures
        ],
        "samples": found.samples,
        "differing": dict(found.differing),
    }
