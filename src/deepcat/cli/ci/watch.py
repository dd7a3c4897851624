"""`deepcat ci watch`: compare records with reality; heal, expire, sweep. Bounded and recorded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli import operations
from deepcat.cli.ci.shared import out_option, write
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_line
from deepcat.errors import DeepcatError
from deepcat.forge.choose import scene
from deepcat.forge.scene import Scene

if TYPE_CHECKING:
    from deepcat.cli.proposing import Unproposed


@click.command("watch")
@click.option(
    "--commit",
    default="",
    help="The commit that is to hold; HEAD when not given, and the branch's tip once it went on.",
)
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Change at most so many deployments, and sweep as many orphans.",
)
@click.option("--dry-run", is_flag=True, help="Say what differs; change nothing.")
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write figures for Prometheus to this file, as `deepcat metrics` does.",
)
@out_option
@pass_context
def command(
    context: Context,
    commit: str,
    branch: str,
    most: int,
    dry_run: bool,
    metrics: Path | None,
    out: Path,
) -> None:
    """Look at every cloud and bring reality back to what main says.

    A training that ended becomes a pull request, where its wish asks for one; so does work in a
    notebook, where somebody there wished for it.
    What died or was changed by hand is healed, what has outlived its lifetime is ended, what nobody
    knows is swept. A machine that was made for a job that ended, or a notebook that stopped, is put
    aside, and taken away once what a training made is proposed.
    Exit status 1 when something could not be brought in order.
    """
    from deepcat.loop import monitor
    from deepcat.loop.settle import as_json
    from deepcat.loop.watch import differences, watch
    from deepcat.records.clone import open_store

    root = context.root
    here = scene()
    if dry_run:
        for line in differences(root, here, commit, branch):
            say("{}", line)
        return
    tell = partial(operations.tell, root=root)
    settled = watch(root, here, commit, branch, say=say_line, tell=tell, most=most)
    write(out, "watch.json", as_json(settled))
    unproposed = propose_trainings(root, here, branch)
    refused = propose_wishes(root, here, branch) or bool(unproposed)
    store = open_store(root, "origin" if here.has_forge else "", to_act=True)
    # What may be proposed another time is not woken for that.
    awake = {each.deployment for each in unproposed if not each.is_lasting}
    names = () if "" in awake else store.read_all().keys() - awake
    is_at_rest = operations.rest(root, store, names, quiet=False)
    monitor.keep_watched(root, settled.is_well)
    if metrics is not None:
        monitor.write(metrics, monitor.metrics(root, store))
    if refused or not settled.is_well or not is_at_rest:
        raise SystemExit(1)


def propose_wishes(root: Path, here: Scene, branch: str) -> bool:
    """Propose the work of those notebooks in which somebody wished for it.

    Returns:
        Whether it could not be looked for, which is said; the wishes wait for the next watch.
    """
    from deepcat.forge.choose import open_inbox
    from deepcat.forge.git import Repository
    from deepcat.loop.wished import answered
    from deepcat.records.clone import chosen, open_store

    try:
        store = open_store(root, "origin" if here.has_forge else "")
        found = store.read_all().items()
        records = {name: each for name, each in found if each.state.resources.get("work")}
        if not records:
            return False
        git = Repository(root)
        remote = "origin" if here.has_forge else chosen(root).remote
        with open_inbox(here, git, branch) as inbox:
            answered(root, git, inbox, records, branch, remote, say_line)
    except DeepcatError as error:
        say("{}", f"work in notebooks is not proposed: {error.message} [{error.code}]")
        return True
    return False


def propose_trainings(root: Path, here: Scene, branch: str) -> list[Unproposed]:
    """Propose what ended; gives what could not be, which is said."""
    from deepcat.cli.proposing import Unproposed, propose_all, tell

    try:
        found = propose_all(root, here, branch)
    except DeepcatError as error:
        words = f"trainings are not proposed: {error.message} [{error.code}]"
        say("{}", words)
        return [Unproposed(words, "", is_lasting=False)]
    for each in found:
        if not isinstance(each, str):
            tell(each)
    return [each for each in found if isinstance(each, Unproposed)]
