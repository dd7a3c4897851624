"""What a run brings for a notebook besides the module's files."""

from __future__ import annotations

from pathlib import Path

from deepcat.host.notebook.values import LAB, LOCK
from deepcat.runtime import jupyter


def lay(module: Path) -> None:
    """Beside a module's files, as a run does; see `deepcat.runs.stage`."""
    own = {LOCK: jupyter.lock()}
    own |= {f"{LAB}/{path}": content for path, content in jupyter.extension().items()}
    for path, content in own.items():
        (module / path).parent.mkdir(parents=True, exist_ok=True)
        (module / path).write_bytes(content)
