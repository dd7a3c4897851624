"""`deepcat rollback`: write the wish that takes a deployment back to an earlier version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from deepcat.cli.completing import carried, deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines

if TYPE_CHECKING:
    from deepcat.loop.rollback import Rollback


@click.command("rollback")
@click.argument("name", shell_complete=deployments)
@click.argument("version", default="", shell_complete=carried)
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def command(context: Context, name: str, version: str, dry_run: bool, as_json: bool) -> None:
    """Write VERSION into the file of the deployment NAME, and show what a plan would do then.

    Without VERSION, the last one that ran well before the present one. Only the file is changed: to
    bring it about, merge it, or run `deepcat apply`. Exit status 1 when the plan refuses it, unless
    another clone has it on its machine.
    """
    from deepcat.catalog.beginning.disk import replace_files
    from deepcat.loop.rollback import rollback

    found = rollback(context.root, name, version)
    writes = not (dry_run or found.is_there)
    if writes:
        replace_files(context.root, {found.path: found.text.encode()})
    if as_json:
        say_lines(json.dumps(_plain(found, writes), indent=2, ensure_ascii=False))
    else:
        _tell(found, writes)
    if found.plan.refusals and not found.is_away:
        raise SystemExit(1)


def _plain(found: Rollback, written: bool) -> dict[str, object]:
    from deepcat.plan.as_json import as_json

    return {
        "format": "deepcat-rollback/v1",
        "deployment": found.deployment,
        "file": found.path,
        "module": found.module,
        "before": found.before,
        "version": found.version,
        "module_commit": found.commit,
        "written": written,
        "plan": as_json(found.plan, found.currency),
    }


def _tell(found: Rollback, written: bool) -> None:
    from deepcat.plan.render import text

    of = f" of commit {found.commit[:12]}" if found.commit else ", which is the newest"
    if found.is_there:
        say("{} says `version: {}` already{}.", found.path, found.version, of)
    else:
        done = "wrote" if written else "would write"
        before = f"`version: {found.before}`" if found.before else "any version"
        say("{}: {} `version: {}`{}, instead of {}.", found.path, done, found.version, of, before)
    say_lines(text(found.plan, found.currency), nl=False)
    if not written or (found.plan.refusals and not found.is_away):
        return
    if found.is_away:
        say("Next: commit {}; then open a pull request.", found.path)
    else:
        say("Next: commit {}; then open a pull request,", found.path)
        say("or run `deepcat apply {}` where you deploy from here.", found.deployment)
