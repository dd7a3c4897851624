"""`deepcat store`: the catalog's store of models."""

from __future__ import annotations

import click

from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json


@click.group("store")
def command() -> None:
    """Look after the store of models that `deepcat.yaml` names."""


@command.command("sweep")
@click.option("--dry-run", is_flag=True, help="Say what would go; delete nothing.")
@json_option
@pass_context
def sweep(context: Context, dry_run: bool, as_json: bool) -> None:
    """Delete the models that no commit names, and that are older than a day.

    A model is named where its checksum stands in a `module.yaml` of any commit that this clone has,
    so that every version that can be deployed keeps its own.
    """
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import require_settings
    from deepcat.forge.git import Repository
    from deepcat.loop.trained.named import named
    from deepcat.loop.trained.store import ModelStore, place_of

    place = place_of(require_settings(work_tree(context.root)))
    gone: tuple[str, ...] = ()
    if place is not None:
        gone = ModelStore(place).sweep(named(Repository(context.root)), dry_run=dry_run)
    if as_json:
        say_json({"format": "deepcat-swept/v1", "swept": list(gone), "dry_run": dry_run})
        return
    if place is None:
        say("`deepcat.yaml` names no store.")
        return
    for sha256 in gone:
        say("{}: {}", sha256, "would go" if dry_run else "is gone")
    if not gone:
        say("Every model there is named, or younger than a day.")
