"""`deepcat plan`: what would change, where, at what cost, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import commits, deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.forms import forms
from deepcat.cli.say import say_lines, waiting
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Plan

_MOST_DIFF = 200_000


@click.command("plan")
@click.argument("names", nargs=-1, shell_complete=deployments)
@click.option(
    "--commit",
    default="",
    shell_complete=commits,
    help="Plan this commit instead of the files as they lie.",
)
@forms(json="Print JSON, as plan.schema.json says.", markdown="Print what a reviewer reads.")
@click.option("--plays", is_flag=True, help="Add the Ansible plays that would run, in order.")
@click.option("--diff", is_flag=True, help="Add what changes in the plays that bring it up.")
@click.option("--quiet", "-q", is_flag=True, help="Leave out what stays as it is.")
@pass_context
def command(
    context: Context,
    names: tuple[str, ...],
    commit: str,
    form: str | None,
    plays: bool,
    diff: bool,
    quiet: bool,
) -> None:
    """Show what would change, where, at what cost, and why, for all deployments or for NAMES.

    Nothing is changed. Exit status 1 when a deployment is refused.
    """
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.previewed import previewed
    from deepcat.loop.world import gather, only

    if diff and form == "json":
        raise UsageError(
            "a diff is for a person to read, and JSON is for programs",
            hint="take `--json` away, or compare the plays of two `deepcat plan --json --plays`",
        )
    with waiting("asking the clouds"):
        gathered = as_it_is(context.root, gather(context.root, commit))
        plan = previewed(
            only(gathered.plan(), names, gathered.sweeps.trials), gathered, context.root
        )
    compiled = _plays(plan, gathered) if plays else None
    say_lines(_render(plan, gathered.currency, form, compiled, quiet), nl=False)
    if diff:
        say_lines(_diff(plan, gathered, form), nl=False)
    if plan.refusals:
        raise SystemExit(1)


def _plays(plan: Plan, gathered: Gathered) -> dict[str, list[Any]]:
    from deepcat.loop.jobs import plays_of

    return {each.deployment: plays_of(each, gathered) for each in plan.changes}


def _diff(plan: Plan, gathered: Gathered, form: str | None) -> str:
    from deepcat.loop.rendered import rendered
    from deepcat.review.play_diff import play_diff

    found = play_diff(rendered(plan.changes, gathered), _MOST_DIFF)
    if form == "markdown":
        return _folded(found, "What changes in the plays")
    return f"\n{found}" if found else "\nNo play changes.\n"


def _render(
    plan: Plan, currency: str, form: str | None, plays: dict[str, list[Any]] | None, quiet: bool
) -> str:
    if form == "json":
        from deepcat.plan.as_json import as_json

        return json.dumps(as_json(plan, currency, plays), indent=2, ensure_ascii=False) + "\n"
    if form == "markdown":
        from deepcat.plan.markdown import markdown

        return markdown(plan, currency) + _folded(_as_yaml(plays))
    from deepcat.plan.render import text

    return text(plan, currency, quiet=quiet) + _as_yaml(plays)


def _folded(plays: str, title: str = "Plays") -> str:
    """Plays for a comment: out of the way, and nothing in them is Markdown or HTML."""
    from html import escape

    if not plays:
        return ""
    # Only `</pre>` ends what `<pre>` begins, and it is escaped.
    return f"\n<details><summary>{title}</summary>\n\n<pre>\n{escape(plays)}</pre>\n</details>\n"


def _as_yaml(plays: dict[str, list[Any]] | None) -> str:
    """Plays as Ansible reads them, one document a deployment."""
    if plays is None:
        return ""
    from deepcat.plain import plain
    from deepcat.runs.dump import dump, protect_plays

    documents = ((plain(name), dump(protect_plays(own))) for name, own in plays.items() if own)
    return "".join(f"---\n# {name}\n{document}" for name, document in documents)
