"""`deepcat plan`: what would change, where, at what cost, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, pass_context

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Plan


@click.command("plan")
@click.argument("names", nargs=-1)
@click.option("--commit", default="", help="Plan this commit instead of the files as they lie.")
@click.option("--json", "form", flag_value="json", help="Print JSON, as plan.schema.json says.")
@click.option("--markdown", "form", flag_value="markdown", help="Print what a reviewer reads.")
@click.option("--plays", is_flag=True, help="Add the Ansible plays that would run, in order.")
@click.option("--quiet", "-q", is_flag=True, help="Leave out what stays as it is.")
@pass_context
def command(
    context: Context, names: tuple[str, ...], commit: str, form: str, plays: bool, quiet: bool
) -> None:
    """Show what would change, where, at what cost, and why, for all deployments or for NAMES.

    Nothing is changed. Exit status 1 when a deployment is refused.
    """
    from deepcat.loop.world import gather, only

    gathered = gather(context.root, commit)
    plan = only(gathered.plan(), names)
    compiled = _plays(plan, gathered) if plays else None
    click.echo(_render(plan, gathered.currency, form, compiled, quiet), nl=False)
    if plan.refusals:
        raise SystemExit(1)


def _plays(plan: Plan, gathered: Gathered) -> dict[str, list[Any]]:
    from deepcat.loop.jobs import plays_of

    return {each.deployment: plays_of(each, gathered) for each in plan.changes}


def _render(
    plan: Plan, currency: str, form: str, plays: dict[str, list[Any]] | None, quiet: bool
) -> str:
    if form == "json":
        from deepcat.plan.as_json import as_json

        return json.dumps(as_json(plan, currency, plays), indent=2, ensure_ascii=False) + "\n"
    if form == "markdown":
        from deepcat.plan.markdown import markdown

        return markdown(plan, currency) + _folded(_as_yaml(plays))
    from deepcat.plan.render import text

    return text(plan, currency, quiet=quiet) + _as_yaml(plays)


def _folded(plays: str) -> str:
    """Plays for a comment: out of the way, and nothing in them is Markdown or HTML."""
    from html import escape

    if not plays:
        return ""
    # Only `</pre>` ends what `<pre>` begins, and it is escaped.
    return f"\n<details><summary>Plays</summary>\n\n<pre>\n{escape(plays)}</pre>\n</details>\n"


def _as_yaml(plays: dict[str, list[Any]] | None) -> str:
    """Plays as Ansible reads them, one document a deployment."""
    if plays is None:
        return ""
    from deepcat.plan.render import safe
    from deepcat.runs.dump import dump, protect_plays

    documents = ((safe(name), dump(protect_plays(own))) for name, own in plays.items() if own)
    return "".join(f"---\n# {name}\n{document}" for name, document in documents)
