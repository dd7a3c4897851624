"""What somebody wished for in JupyterLab, done by whoever hears of it: the work is proposed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.developing import notebook_of
from deepcat.loop.trained.propose import tip_at
from deepcat.loop.worked import proposed, work_of

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.forge.values import Inbox
    from deepcat.loop.notebooks import Notebook, Now
    from deepcat.records.record import Record


def answer(
    root: Path,
    git: Repository,
    inbox: Inbox,
    notebook: Notebook,
    now: Now,
    branch: str,
    remote: str,
) -> str:
    """Propose the work where somebody wished for it, and tell them; gives a line of it, or nothing.

    Args:
        root: the catalog's folder.
        git: its repository.
        inbox: where it is proposed.
        notebook: where it was wished for.
        now: what is known of it.
        branch: that is the truth.
        remote: as of `proposed`.
    """
    wish = notebook.wish(now)
    if wish is None:
        return ""
    number, message = wish
    address = why = ""
    try:
        work = work_of(root, git, notebook, tip_at(git, branch, remote))
        if work.parts:
            address = proposed(git, inbox, notebook, work, branch, remote, message)
        else:
            why = "nothing changed"
    except DeepcatError as error:
        why = error.message
    notebook.answer(number, address, why)
    return f"{notebook.name}: proposed: {address}" if address else f"{notebook.name}: {why}"


def answered(
    root: Path,
    git: Repository,
    inbox: Inbox,
    records: Mapping[str, Record],
    branch: str,
    remote: str,
    say: Callable[[str], None],
) -> None:
    """Do for all notebooks that run what was wished for there; what is not reached waits.

    Args:
        root: as of `answer`.
        git: as of `answer`.
        inbox: as of `answer`.
        records: by deployment's name.
        branch: as of `answer`.
        remote: as of `answer`.
        say: hears what was done, a line each.
    """
    for record in records.values():
        if not record.state.resources.get("work"):
            continue
        with suppress(DeepcatError):
            notebook = notebook_of(root, record)
            if line := answer(root, git, inbox, notebook, notebook.now(), branch, remote):
                say(line)
