"""`deepcat ci reproduce`: on a schedule, whether what the catalog has can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.ci.shared import out_option, write
from deepcat.cli.context import Context, pass_context
from deepcat.cli.reproducing import plain_data, timeout_option, trainable
from deepcat.cli.say import say_line
from deepcat.errors import DeepcatError
from deepcat.forge.choose import open_inbox, scene

if TYPE_CHECKING:
    from deepcat.forge.values import Inbox
    from deepcat.loop.trained.agreeing import Told
    from deepcat.records.store import Store


@click.command("reproduce")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@timeout_option
@out_option
@pass_context
def command(context: Context, branch: str, timeout: float, out: Path) -> None:
    """Train every module again, as `deepcat reproduce --all`, and tell people what changed.

    Each verdict is kept in the records, with its date. A module that differs, that comes out worse
    than before on the same processor, or that cannot be trained gets one issue, which closes by
    itself. Exit status 1 when there is one.
    """
    from deepcat.cli.ci.proposing import answers
    from deepcat.forge.git import Repository
    from deepcat.loop.trained.agreeing import Told
    from deepcat.records.clone import open_store

    root, here = context.root, scene()
    store = open_store(root, "origin" if here.has_forge else "", to_act=True)
    found: list[dict[str, Any]] = []
    is_well = True
    with open_inbox(here, Repository(root), branch) as inbox:
        for name in trainable(root):
            try:
                told = _tried(root, store, inbox, name, answers(root), timeout, found)
            except DeepcatError as error:
                if error.code == "job/no-box":
                    raise
                told = Told(False, f"{name}: {error.message} [{error.code}]")
            say_line(told.line)
            is_well = is_well and told.is_well
    write(out, "reproduce.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if not is_well:
        raise SystemExit(1)


def _tried(
    root: Path,
    store: Store,
    inbox: Inbox,
    name: str,
    ask: Any,
    timeout: float,
    found: list[dict[str, Any]],
) -> Told:
    """Train one again; people hear of it before it is recorded, so that a killed run tells it."""
    from deepcat.loop.trained.agreeing import agreed, failed, last
    from deepcat.loop.trained.reproduce import asked, kept, reproduce

    try:
        one = reproduce(root, asked(root, name), ask, timeout)
    except DeepcatError as error:
        found.append({"module": name, "code": error.code, "message": error.message})
        return failed(inbox, name, error)
    before = last(store.read_trainings().values(), one.module, one.version)
    told = agreed(inbox, before, one)
    kept(store, one, told.was)
    found.append(plain_data(one))
    return told
