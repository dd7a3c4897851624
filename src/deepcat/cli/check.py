"""`deepcat check`: read the tree, let every rule look at it, say what was found."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import catalog_paths, commits, rule_codes
from deepcat.cli.context import Context, pass_context
from deepcat.cli.forms import take
from deepcat.cli.say import command_lines, say, say_json, say_lines, say_painted, waiting
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.catalog.check import Examination
    from deepcat.catalog.findings import Finding
    from deepcat.catalog.judging.rule import Rule
    from deepcat.catalog.reading.tree import Tree

_COLOURS: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "hint": {"fg": "yellow", "bold": True},
    "place": {"bold": True},
    "code": {"fg": "cyan"},
    "margin": {"fg": "blue"},
    "mark": {"fg": "red"},
}
_FORMATS = ("json", "github", "sarif")
_PAGES = "deepcat-rules/v1"


def _take_format(ctx: click.Context, param: click.Parameter, given: str | None) -> None:
    take(given or "", ctx, param, given)


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=catalog_paths)
@click.option(
    "--format",
    type=click.Choice(["text", *_FORMATS]),
    expose_value=False,
    callback=_take_format,
    help="How to report; text if not given.",
)
@click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=partial(take, "json"),
    help="The same as `--format json`.",
)
@click.option(
    "--commit",
    metavar="COMMIT",
    shell_complete=commits,
    help="Check this commit instead of the files on disk.",
)
@click.option("--no-hints", is_flag=True, help="Report errors only.")
@click.option("--no-tosca", is_flag=True, help="Leave TOSCA templates unread.")
@click.option("--no-cache", is_flag=True, help="Read everything anew.")
@click.option("--rules", "list_rules", is_flag=True, help="List all rules and stop.")
@click.option(
    "--explain",
    metavar="CODE",
    shell_complete=rule_codes,
    help="Print the page of one rule and stop.",
)
@pass_context
def command(
    context: Context,
    paths: tuple[str, ...],
    form: str | None,
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
    if list_rules or explain:
        _show_pages(_page(explain) if explain else None, form)
        return
    from deepcat.catalog.check import below, examine, require_known
    from deepcat.catalog.findings import has_errors
    from deepcat.catalog.judging import report
    from deepcat.catalog.reading.open_tree import git_tree, work_tree
    from deepcat.loop.templates import own_policies, topologies

    root = context.root
    tree: Tree = git_tree(root, commit) if commit else work_tree(root)
    wanted = [_relative(root, context.directory, path) for path in paths]
    with waiting("reading the catalog"):
        seen = examine(
            tree,
            None if no_tosca else topologies(),
            cached=not no_cache,
            policies=own_policies(tree),
        )
    require_known(wanted, seen)
    findings = [f for f in below(seen.findings, wanted) if f.is_error or not no_hints]
    if form == "github":
        command_lines(report.as_github(findings))
    elif form in _FORMATS:
        say_lines(report.as_json(findings) if form == "json" else report.as_sarif(findings))
    else:
        _print_text(findings, tree, seen)
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
    from deepcat.catalog.judging import report
    from deepcat.catalog.wording import count

    @cache
    def lines(path: str) -> Sequence[str]:
        try:
            return tree.read(path).decode(errors="replace").split("\n")
        except FileNotFoundError:
            return ()

    if findings:
        shown = lines if sys.stdout.isatty() else None
        say_painted(report.as_text(findings, shown, _paint))
        say()
    kinds = Counter(unit.kind for unit in seen.units.values())
    parts = (count(kinds[kind], kind.value) for kind in sorted(kinds) if kind != "stray")
    say_lines(report.summary(findings, ", ".join(parts)))


def _paint(text: str, role: str) -> str:
    return click.style(text, **_COLOURS[role])


def _show_pages(page: Rule | None, form: str | None) -> None:
    """The page of one rule, or a line for each; for a program their facts."""
    from deepcat.catalog.judging import report
    from deepcat.catalog.judging.rule_registry import all_rules

    rules = [page] if page else list(all_rules().values())
    if form == "json":
        say_json({"format": _PAGES, "rules": [_plain(rule) for rule in rules]})
    elif form in _FORMATS:
        raise UsageError(f"rules have no form `{form}`", hint="print them as text or by `--json`")
    elif page:
        say_lines(report.as_page(page.code))
    else:
        width = max(len(rule.code) for rule in rules)
        for rule in rules:
            say("{} {} {}", f"{rule.code:{width}} ", f"{rule.severity.value:5} ", rule.title)


def _plain(rule: Rule) -> dict[str, str]:
    return {
        "code": rule.code,
        "severity": rule.severity.value,
        "title": rule.title,
        "why": rule.why,
        "mend": rule.mend,
    }


def _page(code: str) -> Rule:
    from deepcat.catalog.judging.codes import explained, page_of
    from deepcat.catalog.wording import unknown

    try:
        return page_of(code)
    except KeyError:
        raise unknown("rule", code, explained()) from None
