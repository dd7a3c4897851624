"""`deepcat data pull`, `where`, `gc`: data on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from deepcat.cli.completing import datasets
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.data.shown import FORMAT, plain_kept
from deepcat.cli.say import say, say_json, waiting
from deepcat.errors import UsageError
from deepcat.quantities import SIZES, human_bytes


@click.command("pull")
@click.argument("name", shell_complete=datasets)
@click.option("--into", type=click.Path(path_type=Path), help="Copy it into this new folder, too.")
@json_option
@pass_context
def pull(context: Context, name: str, into: Path | None, as_json: bool) -> None:
    """Fetch the data set NAME to this machine, unless it lies here, and say where it lies."""
    from deepcat.loop.data import pulled, put

    with waiting("fetching {}", name):
        found = pulled(context.root, name)
    if into is not None:
        put(found, into)
    path = str(into or found.path)
    if as_json:
        say_json({"format": FORMAT, "name": name, "path": path, "sent": found.sent})
        return
    say("{}", path)
    say("{} came.", human_bytes(found.sent), err=True)


@click.command("where")
@click.argument("name", default="", shell_complete=datasets)
@json_option
@pass_context
def where(context: Context, name: str, as_json: bool) -> None:
    """Show what data lies on this machine, for whom: all, or that of the data set NAME."""
    from deepcat.loop.data import kept, named

    digest = named(context.root, name).digest if name else ""
    found = [each for each in kept(context.root) if not digest or each.digest == digest]
    if as_json:
        say_json({"format": FORMAT, "kept": [plain_kept(each) for each in found]})
        return
    if not found:
        say("None of it lies here.")
    for each in found:
        by = ", ".join(each.deployments) or "nobody uses it"
        what = each.dataset or f"{each.digest[:12]} (no data set has this content)"
        say("{:<24} {:>9}  {:<10} {}  {}", what, human_bytes(each.bytes), each.place, by, each.path)


@click.command("gc")
@click.option("--keep", default="0", metavar="SIZE", help="How much may stay.  [default: nothing]")
@json_option
@pass_context
def gc(context: Context, keep: str, as_json: bool) -> None:
    """Take data from this machine that no deployment uses, the oldest first."""
    from deepcat.loop.data import collected

    most = SIZES.read(keep)
    if most is None:
        raise UsageError(f"`{keep[:40]}` is no size", hint="such as `10GiB`")
    gone = collected(context.root, int(most))
    if as_json:
        say_json({"format": FORMAT, "gone": [plain_kept(each) for each in gone]})
        return
    for each in gone:
        say("{}: gone from {}", each.dataset or each.digest[:12], each.place)
    say("{} free.", human_bytes(sum(each.bytes for each in gone)))
