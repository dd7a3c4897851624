"""`deepcat reproduce`: a module trained again from what made it, and compared."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import cloud_names
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.reproducing import plain_data, timeout_option, trainable
from deepcat.cli.say import say, say_json
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepcat.loop.trained.compared import Reproduced

_COLOURS = {"identical": "green", "samples": "green", "metrics": "green", "differs": "red"}


@click.command("reproduce")
@click.argument("module", default="")
@click.argument("version", default="")
@click.option("--all", "every", is_flag=True, help="Every module that says how it is trained.")
@click.option(
    "--on",
    "clouds",
    multiple=True,
    shell_complete=cloud_names,
    help="Train it on this cloud, or one of these, and not on this machine.",
)
@click.option("--dry-run", is_flag=True, help="With `--on`: show the plan, and do nothing.")
@timeout_option
@json_option
@click.option("--yes", "-y", is_flag=True, help="With `--on`: do not ask.")
@pass_context
def command(
    context: Context,
    module: str,
    version: str,
    every: bool,
    clouds: tuple[str, ...],
    dry_run: bool,
    timeout: float,
    as_json: bool,
    yes: bool,
) -> None:
    """Train a version of MODULE again, in a box on this machine, and compare.

    From the commit, lock, seed and inputs that made it. The result is `identical` (every file of
    the model), `samples` (all answers and metrics within their tolerance), `metrics` (these alone)
    or `differs`, and is kept in the records. Exit status 1 when one differs, or cannot be trained.

    With `--on` it is a job on a cloud, as `deepcat train` begins one, which is waited for and taken
    away at the end; what it made is compared here, and proposed to nobody.
    """
    from deepcat.cli.proposing import answers

    if bool(module) is every:
        raise UsageError("name a module, or say `--all`")
    if not clouds and (dry_run or yes):
        raise UsageError("`--dry-run` and `--yes` are for `--on`", hint="name a cloud by `--on`")
    if clouds and every:
        raise UsageError("`--on` takes one module", hint="name it in place of `--all`")
    if clouds:
        _there(context.root, module, version, clouds, timeout, dry_run, as_json, yes)
        return
    names = trainable(context.root) if every else (module,)
    one = partial(_here, context.root, version=version, ask=answers(context.root), timeout=timeout)
    _each(names, one, every=every, as_json=as_json)


def _each(
    names: tuple[str, ...], one: Callable[[str], Reproduced], *, every: bool, as_json: bool
) -> None:
    """Train each again and tell; a failure of one of many is said, and the next one tried."""
    found: list[dict[str, Any]] = []
    failed = False
    for name in names:
        try:
            came = one(name)
        except DeepcatError as error:
            if not every:
                raise
            say("{}: {} [{}]", name, error.message, error.code, err=True)
            failed = True
            continue
        found.append(plain_data(came))
        failed = failed or came.verdict.value == "differs"
        if not as_json:
            _tell(came)
    if as_json:
        say_json(found)
    if failed:
        raise SystemExit(1)


def _here(root: Path, name: str, *, version: str, ask: Any, timeout: float) -> Reproduced:
    from deepcat.cli.reproducing_on import kept
    from deepcat.loop.trained.reproduce import asked, reproduce

    found = reproduce(root, asked(root, name, version), ask, timeout)
    kept(root, found)
    return found


def _there(
    root: Path,
    module: str,
    version: str,
    clouds: tuple[str, ...],
    timeout: float,
    dry_run: bool,
    as_json: bool,
    yes: bool,
) -> None:
    from deepcat.cli import operations, reproducing_on
    from deepcat.cli.proposing import answers
    from deepcat.records.clone import open_store

    store = open_store(root, to_act=not dry_run)
    if not dry_run:
        reproducing_on.sweep(root, store, quiet=as_json)
    seen = None if dry_run else store
    known = reproducing_on.foreseen(root, seen, module, version, clouds, timeout)
    refused = bool(known.plan.refusals)
    if dry_run or refused or not as_json:
        reproducing_on.tell(known, as_json=as_json)
    if dry_run or refused:
        raise SystemExit(1 if refused else 0)
    operations.confirm("Carry this out?", yes, as_json)

    def one(_: str) -> Reproduced:
        found = reproducing_on.trained_there(root, store, known, answers(root), quiet=as_json)
        reproducing_on.kept(root, found)
        return found

    _each((module,), one, every=False, as_json=as_json)


def _tell(found: Reproduced) -> None:
    say("{} {}: ", found.module, found.version, bold=True, nl=False)
    say("{}", found.verdict.value, fg=_COLOURS[found.verdict.value], nl=False)
    where = f" on {found.hardware['cloud']}" if found.hardware.get("cloud") else ""
    say(", {} s{}", f"{found.seconds:.1f}", where)
    for each in found.figures:
        after = "not told" if each.after is None else f"{each.after:g}"
        say("    {} {}, now {} (tolerance {})", each.name, f"{each.before:g}", after,
            f"{each.tolerance:g}")  # fmt: skip
    say("    {} of {} samples as expected", found.samples - len(found.differing), found.samples)
    for name, how in found.differing.items():
        say("    {}: {}", name, how)
