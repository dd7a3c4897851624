"""A deployment's place to develop, by its record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.deployments import away_of, cloud_of
from deepcat.loop.notebooks import Notebook, notebook_on

if TYPE_CHECKING:
    from deepcat.records.record import Record


def notebook_of(root: Path, record: Record) -> Notebook:
    """A deployment's notebook.

    Raises:
        DeepcatError: another clone's machine has it (``develop/elsewhere``), or there is none
            (``develop/none``).
    """
    state = record.state
    if where := away_of(root, record):
        message = f"nobody is let in to `{state.name}` from here: it is {where.words}"
        hint = f"run `{where.command(f'develop {state.name}')}` there"
        raise DeepcatError(message, hint=hint, code="develop/elsewhere")
    cloud = cloud_of(root, state)
    found = notebook_on(root, cloud, state) if cloud else None
    if found is None:
        is_now = f"it is {state.status.value}, to {state.profile}"
        message = f"`{state.name}` has no place to develop: {is_now}"
        hint = f"see `deepcat status {state.name}`"
        raise DeepcatError(message, hint=hint, code="develop/none")
    return found
