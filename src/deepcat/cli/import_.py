"""`deepcat import`: foreign metadata, of files and repositories, into modules."""

from __future__ import annotations

import sys
from functools import partial

import click

from deepcat.catalog.converting import disk, listings
from deepcat.catalog.converting import sources as named
from deepcat.catalog.converting.bring import Ask
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.generation import Generation
from deepcat.catalog.converting.importing import bring_all
from deepcat.catalog.converting.outcome import BrokenError, Outcome, State
from deepcat.catalog.converting.report import losses, lost, many_as_json, one_as_json, table
from deepcat.catalog.judging.report import as_text
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import does_without_box, require_settings
from deepcat.cli.context import MARKER, Context, pass_context
from deepcat.cli.say import say, say_document, say_lines
from deepcat.errors import UsageError


@click.command("import")
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option(
    "--from",
    "wanted",
    type=click.Choice([each.value for each in Generation]),
    help="The format, where its shape is not to tell it.",
)
@click.option("--name", default="", help="The module's name, if not the one of its repository.")
@click.option(
    "--source-code", default="", metavar="URL", help="The code's repository, if none is named."
)
@click.option(
    "--all",
    "whole",
    is_flag=True,
    help="Import what another catalog lists: `deep`, `ai4os`, or a repository's address.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Bring modules up to what their sources say now; all, where none is named.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--force", is_flag=True, help="Replace the files of a module that is there already.")
@click.option("--json", "as_data", is_flag=True, help="Report as JSON.")
@pass_context
def command(
    context: Context,
    sources: tuple[str, ...],
    wanted: str | None,
    name: str,
    source_code: str,
    whole: bool,
    update: bool,
    dry_run: bool,
    force: bool,
    as_data: bool,
) -> None:
    """Turn the metadata of other catalogs into modules.

    SOURCE is a file or a folder: a metadata.json of DEEP, an ai4-metadata.yml of AI4OS, a model
    card of Hugging Face, an rdf.yaml of bioimage.io, an MLmodel of MLflow; a pattern of such; or a
    Git repository that holds one: its address, a forge's page of it, OWNER/REPOSITORY on GitHub,
    each with @REF where a branch, tag or commit is meant.

    What has no field here is kept under a key that begins with x-, and named. Exit status 1 when a
    source cannot be read, or what comes of it would not pass a check; nothing of it is written.
    """
    if not sources and not whole and not update:
        raise UsageError("nothing to import is named", hint="name a file, a folder or a repository")
    root = context.root
    tell = partial(_tell, quiet=as_data)
    ask = Ask(name, source_code, Generation(wanted) if wanted else None, force, update, dry_run)
    # Whether strangers' files may be read without a box is told by the settings: they must hold.
    unboxed = does_without_box(require_settings(work_tree(root)))
    settings = (root / MARKER).read_bytes()
    catalog = named.Catalog(root, settings, unboxed, disk.imported(root))
    if whole:
        lists = [named.listed_in(catalog, w, tell) for w in sources or tuple(listings.KNOWN)]
        found = [each for listed, _ in lists for each in listed]
        notes = [note for _, note in lists if note]
    else:
        found, notes = named.sources_of(sources, ask) or named.known(catalog), []
    outcomes = list(bring_all(catalog, found, ask, tell))
    if len(outcomes) == 1 and not whole:
        _say_one(outcomes[0], as_data=as_data, dry_run=dry_run)
        return
    say_lines(many_as_json(outcomes, notes, dry_run) if as_data else table(outcomes))
    for line in () if as_data else (*losses(outcomes), *notes):
        say_lines(line, err=True)
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)


def _tell(text: str, *, quiet: bool) -> None:
    if not quiet:
        say_lines(text, err=True)


def _say_one(outcome: Outcome, *, as_data: bool, dry_run: bool) -> None:
    """Report a single source: all that was mended, and the module itself in a trial."""
    broken = isinstance(outcome.error, BrokenError)
    if outcome.error and not broken:
        raise outcome.error
    if as_data:
        say_lines(one_as_json(outcome, dry_run=dry_run))
    elif outcome.findings:
        say_lines(as_text(outcome.findings), err=dry_run or broken)
    if broken:
        if dry_run and outcome.module and not as_data:
            say_document(dump(dict(outcome.module)))
        sys.exit(1)
    if as_data:
        return
    if outcome.lost:
        say("No field here for {}.", lost(outcome), err=True)
    if outcome.state is State.SKIPPED:
        say("Skipped {}: {}.", outcome.name, outcome.why)
        if outcome.hint:
            say("To go on: {}.", outcome.hint)
    elif dry_run:
        say_document(dump(dict(outcome.module)))
    else:
        names = ", ".join(outcome.files) or "nothing new"
        done = "Updated" if outcome.state is State.UPDATED else "Imported"
        say("{} {} as modules/{}: {}.", done, outcome.generation, outcome.name, names)
