"""`deepcat propose`: what a training made, as one pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say_json, say_lines
from deepcat.forge.choose import scene

if TYPE_CHECKING:
    from deepcat.loop.trained.propose import Outcome


@click.command("propose")
@click.argument("name", metavar="TRAINING|DEPLOYMENT", shell_complete=deployments)
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option("--dry-run", is_flag=True, help="Show the pull request; write nothing.")
@json_option
@pass_context
def command(context: Context, name: str, branch: str, dry_run: bool, as_json: bool) -> None:
    """Open one pull request with what a training made, be it better or not.

    The new model answers the module's samples in a box first. Where its metrics are not better, or
    no metric says so, the pull request is a draft. Without a forge it is the branch
    `deepcat/train/DEPLOYMENT`. What was proposed is not proposed again; a machine that was made for
    the training alone is taken away then.
    """
    from deepcat.cli import operations
    from deepcat.cli.proposing import proposed_one, tell
    from deepcat.records.clone import open_store

    outcome = proposed_one(context.root, scene(), branch, name, dry_run=dry_run)
    if as_json:
        say_json(_plain(outcome))
    else:
        tell(outcome)
    if dry_run and not as_json:
        say_lines(outcome.body, nl=False)
    if dry_run:
        return
    here = scene()
    store = open_store(context.root, "origin" if here.has_forge else "", to_act=True)
    if not operations.rest(context.root, store, (outcome.deployment,), quiet=as_json):
        raise SystemExit(1)


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "format": "deepcat-proposal/v1",
        "training": outcome.training,
        "deployment": outcome.deployment,
        "module": outcome.module,
        "state": outcome.state,
        "before": outcome.before,
        "version": outcome.version,
        "address": outcome.address,
        "why": outcome.why,
        "draft": outcome.is_draft,
        "metrics": [
            {
                "name": each.name,
                "before": each.before,
                "after": each.after,
                "change": each.change,
                "verdict": each.verdict.value,
                "tolerance": each.tolerance,
            }
            for each in outcome.figures
        ],
        "changed_samples": list(outcome.changed),
        "body": outcome.body,
        "statement": dict(outcome.statement),
        "crate": dict(outcome.crate),
    }
