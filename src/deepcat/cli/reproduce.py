"""`deepcat reproduce`: a module trained again from what made it, and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.reproducing import plain_data, timeout_option, trainable
from deepcat.cli.say import say, say_json
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.loop.trained.compared import Reproduced

_COLOURS = {"identical": "green", "samples": "green", "metrics": "green", "differs": "red"}


@click.command("reproduce")
@click.argument("module", default="")
@click.argument("version", default="")
@click.option("--all", "every", is_flag=True, help="Every module that says how it is trained.")
@timeout_option
@json_option
@pass_context
def command(
    context: Context, module: str, version: str, every: bool, timeout: float, as_json: bool
) -> None:
    """Train a version of MODULE again, in a box on this machine, and compare.

    From the commit, lock, seed and inputs that made it. The result is `identical` (every file of
    the model), `samples` (all answers and metrics within their tolerance), `metrics` (these alone)
    or `differs`, and is kept in the records. Exit status 1 when one differs, or cannot be trained.
    """
    from deepcat.cli.ci.proposing import answers

    if bool(module) is every:
        raise UsageError("name a module, or say `--all`")
    names = trainable(context.root) if every else (module,)
    ask, found, failed = answers(context.root), [], False
    for name in names:
        try:
            one = _one(context.root, name, version, ask, timeout)
        except DeepcatError as error:
            if not every:
                raise
            say("{}: {} [{}]", name, error.message, error.code, err=True)
            failed = True
            continue
        found.append(plain_data(one))
        failed = failed or one.verdict.value == "differs"
        if not as_json:
            _tell(one)
    if as_json:
        say_json(found)
    if failed:
        raise SystemExit(1)


def _one(root: Path, name: str, version: str, ask: Any, timeout: float) -> Reproduced:
    from deepcat.loop.trained.reproduce import asked, kept, reproduce
    from deepcat.records.clone import open_store

    found = reproduce(root, asked(root, name, version), ask, timeout)
    try:
        kept(open_store(root, to_act=True), found)
    except DeepcatError as error:
        say("note: the result is in no record: {}", error.message, err=True)
    return found


def _tell(found: Reproduced) -> None:
    say("{} {}: ", found.module, found.version, bold=True, nl=False)
    say("{}", found.verdict.value, fg=_COLOURS[found.verdict.value], nl=False)
    say(", {} s", f"{found.seconds:.1f}")
    for each in found.figures:
        after = "not told" if each.after is None else f"{each.after:g}"
        say("    {} {}, now {} (tolerance {})", each.name, f"{each.before:g}", after,
            f"{each.tolerance:g}")  # fmt: skip
    say("    {} of {} samples as expected", found.samples - len(found.differing), found.samples)
    for name, how in found.differing.items():
        say("    {}: {}", name, how)
