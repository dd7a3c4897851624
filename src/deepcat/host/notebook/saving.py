"""Save a notebook's work, from outside of its box."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.host.box.grant import Grant
from deepcat.host.box.needs import of_python
from deepcat.host.box.run import run
from deepcat.host.notebook import saved, values
from deepcat.host.notebook.box import name_of
from deepcat.host.place import read_json, write_json
from deepcat.host.python import words

_WALL_S, _MEMORY = 120.0, 1 << 30
# The same user has all that the notebook runs, whose threads are among them where nothing but a
# bound of each user counts them.
_TASKS = values.TASKS + 64


def save(kept: Path, deployment: str) -> dict[str, Any]:
    """Save the work as it lies; gives what is told of it.

    Args:
        kept: what outlives the notebook.
        deployment: its name.

    Raises:
        OSError: it cannot be saved, and why.
    """
    repository = kept / values.SAVED
    repository.mkdir(exist_ok=True)
    before = read_json(kept / values.TOLD)
    asked = {
        "files": str(kept / values.FILES),
        "repository": str(repository),
        "ref": values.ref_of(deployment),
        "base": values.base_of(deployment),
        "before": before.get("state", ""),
    }
    grant = Grant(
        name=name_of(kept),
        reads=(*of_python(), str(kept / values.FILES)),
        writes=(str(repository),),
        memory_bytes=_MEMORY,
        processes=_TASKS,
        wall_s=_WALL_S,
        variables={
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_CONFIG_KEY_1": "core.fsmonitor",
            "GIT_CONFIG_VALUE_1": "false",
        },
    )
    python = list(words())
    if len(python) == 1:  # by its true name, for a box has none of the links to it
        python = [str(Path(python[0]).resolve())]
    argv = [*python, "-I", "-S", str(saved.__file__), json.dumps(asked)]
    done = run(argv, grant)
    if done.rc or done.ended:
        said = done.err.decode("utf-8", "replace").strip().splitlines()
        raise OSError(done.why or done.ended or (said[-1] if said else f"status {done.rc}"))
    told = json.loads(done.out)
    if not isinstance(told, dict):
        raise OSError("it was not told what was saved")
    told["left"] = left(before, told)
    write_json(kept / values.TOLD, told)
    return told


def left(before: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, str]:
    """What was left out, and why: with what was found before where no content was read again. Pure.

    Args:
        before: what was told the last time.
        told: what is told now.
    """
    known = {} if told["changed"] else before.get("left") or {}
    return {**{path: why for path, why in known.items() if why in saved.READ}, **told["left"]}
