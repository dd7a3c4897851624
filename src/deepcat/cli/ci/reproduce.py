"""`deepcat ci reproduce`: on a schedule, whether what the catalog has can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.ci.shared import out_option, write
from deepcat.cli.completing import cloud_names
from deepcat.cli.context import Context, pass_context
from deepcat.cli.reproducing import plain_data, timeout_option, trainable
from deepcat.cli.say import say_line
from deepcat.errors import DeepcatError
from deepcat.forge.choose import open_inbox, scene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepcat.forge.values import Inbox
    from deepcat.loop.trained.agreeing import Told
    from deepcat.loop.trained.candidate import Ask
    from deepcat.loop.trained.compared import Reproduced
    from deepcat.records.store import Store


@click.command("reproduce")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option(
    "--on",
    "clouds",
    multiple=True,
    shell_complete=cloud_names,
    help="Train on this cloud, or one of these, and not on this machine.  [default: what"
    " `reproduce.clouds` of deepcat.yaml says]",
)
@timeout_option
@out_option
@pass_context
def command(
    context: Context, branch: str, clouds: tuple[str, ...], timeout: float, out: Path
) -> None:
    """Train every module again, as `deepcat reproduce --all`, and tell people what changed.

    Each verdict is kept in the records, with its date. A module that differs, that comes out worse
    than before on the same processor, or that cannot be trained gets one issue, which closes by
    itself. Exit status 1 when there is one.

    On a cloud each is a job, as `deepcat reproduce MODULE --on CLOUD` begins one, one after the
    other.
    """
    from deepcat.cli.proposing import answers
    from deepcat.forge.git import Repository
    from deepcat.loop.trained.agreeing import Told
    from deepcat.records.clone import open_store

    root, here = context.root, scene()
    store = open_store(root, "origin" if here.has_forge else "", to_act=True)
    found: list[dict[str, Any]] = []
    is_well = True
    names = trainable(root)
    train = _way(root, store, names, clouds or _agreed(root), answers(root), timeout)
    with open_inbox(here, Repository(root), branch) as inbox:
        for name in names:
            try:
                told = _tried(store, inbox, name, train, found)
            except DeepcatError as error:
                if error.code == "job/no-box":
                    raise
                told = Told(False, f"{name}: {error.message} [{error.code}]")
            say_line(told.line)
            is_well = is_well and told.is_well
    write(out, "reproduce.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if not is_well:
        raise SystemExit(1)


def _agreed(root: Path) -> tuple[str, ...]:
    """The clouds that the catalog's owners name for it; empty for this machine."""
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import require_settings

    return tuple(require_settings(work_tree(root)).get("reproduce", {}).get("clouds", ()))


def _way(
    root: Path, store: Store, names: Sequence[str], clouds: Sequence[str], ask: Ask, wall_s: float
) -> Callable[[str], Reproduced]:
    """How a module is trained again: on one of the clouds, or here where there are none."""
    if not clouds:
        from deepcat.loop.trained.reproduce import asked, reproduce

        return lambda name: reproduce(root, asked(root, name), ask, wall_s)

    from deepcat.cli import reproducing_on
    from deepcat.cli.training_wish import require_known

    for name in names:
        require_known(root, name, clouds)
    reproducing_on.sweep(root, store, quiet=False)

    def there(name: str) -> Reproduced:
        known = reproducing_on.foreseen(root, store, name, "", clouds, wall_s)
        reproducing_on.tell(known, as_json=False)
        reproducing_on.require_place(known)
        return reproducing_on.trained_there(root, store, known, ask, quiet=False)

    return there


def _tried(
    store: Store,
    inbox: Inbox,
    name: str,
    train: Callable[[str], Reproduced],
    found: list[dict[str, Any]],
) -> Told:
    """Train one again; people hear of it before it is recorded, so that a killed run tells it."""
    from deepcat.loop.trained.agreeing import agreed, failed, last
    from deepcat.loop.trained.reproduce import kept

    try:
        one = train(name)
    except DeepcatError as error:
        found.append({"module": name, "code": error.code, "message": error.message})
        return failed(inbox, name, error)
    before = last(store.read_trainings().values(), one.module, one.version)
    told = agreed(inbox, before, one)
    kept(store, one, told.was)
    found.append(plain_data(one))
    return told
