"""`deepcat data list`, `show`, `check`: what there is, of one all, and whether a source changed."""

from __future__ import annotations

from typing import Any

import click

from deepcat.cli.completing import datasets
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.data.shown import FORMAT, plain
from deepcat.cli.say import say, say_json, waiting
from deepcat.quantities import human_bytes


@click.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Show the data sets: size, licence, and the modules that are trained with each."""
    from deepcat.loop.data import left_out, rows

    found = rows(context.root)
    for path in left_out(context.root, {each.data.name for each in found}):
        say("{} has errors and is left out: `deepcat check {}` says what to mend.", path, path,
            err=True)  # fmt: skip
    if as_json:
        say_json({"format": FORMAT, "datasets": [plain(each) for each in found]})
        return
    if not found:
        say("No data sets. `deepcat data add NAME ADDRESS` names one.")
    for each in found:
        licence = each.data.data.get("license", "no licence is told")
        by = ", ".join(each.modules) or "no module"
        say("{:<24} {:>9}  {:<16} {}", each.data.name, human_bytes(each.data.bytes), licence, by)


@click.command("show")
@click.argument("name", shell_complete=datasets)
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Show all that is known of the data set NAME."""
    from deepcat.loop.data import rows, unknown_set

    found = {each.data.name: each for each in rows(context.root)}
    if name not in found:
        raise unknown_set(context.root, name, found)
    row = plain(found[name])
    if as_json:
        say_json({"format": FORMAT, **row})
        return
    row["bytes"] = human_bytes(found[name].data.bytes)
    for key, value in row.items():
        if told := ", ".join(value) if isinstance(value, list) else value:
            say("{:<12} {}", key, told)


@click.command("check")
@click.argument("names", nargs=-1, shell_complete=datasets)
@json_option
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Fetch the data sets NAMES anew, or all, and say whether their sources changed.

    Nothing of it is kept. Exit status 1 where one changed. Of all, those that are mounted are left
    out: nothing of them is held against a checksum.
    """
    from deepcat.loop.data import compared, rows

    context = ctx.find_object(Context)
    assert context is not None  # noqa: S101 - the group above has made it
    known = [each.data for each in rows(context.root)]
    chosen = names or tuple(each.name for each in known if not each.is_mounted)
    told: list[dict[str, Any]] = []
    for name in chosen:
        with waiting("fetching {}", name):
            why = compared(context.root, name)
        told.append({"name": name, "is_same": not why, "why": why})
        if not as_json:
            say("{}: {}", name, why or "as its data set says")
    if as_json:
        say_json({"format": FORMAT, "datasets": told})
    if any(not each["is_same"] for each in told):
        ctx.exit(1)
