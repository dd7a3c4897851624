"""`deepcat check`: read the tree, let every rule look at it, say what was found."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click

from deepcat.catalog.check import Examination, below, examine, require_known
from deepcat.catalog.findings import Finding, has_errors
from deepcat.catalog.judging import report
from deepcat.catalog.judging.codes import explained, page_of
from deepcat.catalog.judging.rule_registry import all_rules
from deepcat.catalog.reading.open_tree import git_tree, work_tree
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.wording import count, nearest
from deepcat.cli.context import Context, pass_context
from deepcat.errors import UsageError
from deepcat.loop.templates import topologies

_COLOURS: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "hint": {"fg": "yellow", "bold": True},
    "place": {"bold": True},
    "code": {"fg": "cyan"},
    "margin": {"fg": "blue"},
    "mark": {"fg": "red"},
}
_FORMATS = {"json": report.as_json, "github": report.as_github, "sarif": report.as_sarif}


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *_FORMATS]),
    default="text",
    help="How to report.",
    show_default=True,
)
@click.option("--commit", metavar="COMMIT", help="Check this commit instead of the files on disk.")
@click.option("--no-hints", is_flag=True, help="Report errors only.")
@click.option("--no-tosca", is_flag=True, help="Leave TOSCA templates unread.")
@click.option("--no-cache", is_flag=True, help="Read everything anew.")
@click.option("--rules", "list_rules", is_flag=True, help="List all rules and stop.")
@click.option("--explain", metavar="CODE", help="Print the page of one rule and stop.")
@pass_context
def command(
    context: Context,
    paths: tuple[str, ...],
    form: str,
    commit: str | None,
    no_hints: bool,
    no_tosca: bool,
    no_cache: bool,
    list_rules: bool,
    explain: str | None,
) -> None:
    """Check the catalog, or what lies at or below each PATH.

    Exit status 1 when there are errors; hints never fail a check.
    """
    if list_rules:
        click.echo(_rules())
        return
    if explain:
        click.echo(_page(explain))
        return
    root = context.root
    tree: Tree = git_tree(root, commit) if commit else work_tree(root)
    wanted = [_relative(root, context.directory, path) for path in paths]
    seen = examine(tree, None if no_tosca else topologies(), cached=not no_cache)
    require_known(wanted, seen)
    findings = [f for f in below(seen.findings, wanted) if f.is_error or not no_hints]
    if form == "text":
        _print_text(findings, tree, seen)
    else:
        click.echo(_FORMATS[form](findings))
    if has_errors(findings):
        sys.exit(1)


def _relative(root: Path, directory: Path, path: str) -> str:
    """A path given by the person, relative to the catalog's root."""
    full = Path(os.path.normpath(directory.resolve() / path))
    if not full.is_relative_to(root):
        raise UsageError(f"`{path}` lies outside the catalog `{root}`")
    relative = full.relative_to(root).as_posix()
    return "" if relative == "." else relative


def _print_text(findings: Sequence[Finding], tree: Tree, seen: Examination) -> None:
    @cache
    def lines(path: str) -> Sequence[str]:
        try:
            return tree.read(path).decode(errors="replace").split("\n")
        except FileNotFoundError:
            return ()

    if findings:
        shown = lines if sys.stdout.isatty() else None
        click.echo(report.as_text(findings, shown, _paint))
        click.echo()
    kinds = Counter(unit.kind for unit in seen.units.values())
    parts = (count(kinds[kind], kind.value) for kind in sorted(kinds) if kind != "stray")
    click.echo(report.summary(findings, ", ".join(parts)))


def _paint(text: str, role: str) -> str:
    return click.style(text, **_COLOURS[role])


def _rules() -> str:
    rules = all_rules().values()
    width = max(len(rule.code) for rule in rules)
    return "\n".join(
        f"{rule.code:{width}}  {rule.severity.value:5}  {rule.title}" for rule in rules
    )


def _page(code: str) -> str:
    try:
        page_of(code)
    except KeyError:
        likely = nearest(code, explained())
        hint = f"did you mean `{likely}`?" if likely else "`deepcat check --rules` lists them"
        raise UsageError(f"there is no rule `{code}`", hint=hint) from None
    return report.as_page(code)
