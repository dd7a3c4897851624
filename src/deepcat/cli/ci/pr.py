"""`deepcat ci pr`: all that a maintainer would say of a pull request, with no right to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.catalog.findings import Finding, has_errors
from deepcat.cli.ci.shared import base_option, head_option, out_option, span, write
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import command_lines, say, say_lines
from deepcat.forge.choose import scene

if TYPE_CHECKING:
    from deepcat.catalog.judging.named_secrets import Named
    from deepcat.review.values import Review


@click.command("pr")
@base_option
@head_option
@click.option("--author", default="", help="Who opened it, by handle.")
@click.option("--approved", multiple=True, metavar="HANDLE", help="Who approved it.")
@click.option("--no-plan", is_flag=True, help="Leave the plan out.")
@out_option
@pass_context
def command(
    context: Context,
    base: str,
    head: str,
    author: str,
    approved: tuple[str, ...],
    no_plan: bool,
    out: Path,
) -> None:
    """Review a pull request.

    Writes review.json and review.md, and prints the findings; in a GitHub workflow they become
    annotations on the changed lines. Exit status 1 when something must be mended.
    """
    from deepcat.forge.git import Repository
    from deepcat.forge.values import People, Role, Says, Vote
    from deepcat.loop.proposed import look
    from deepcat.review.comment import Links, comment
    from deepcat.review.report import to_json

    here = scene()
    git = Repository(context.root)
    asked = span(git, base, head, here.event)
    # Whoever calls this says who approved, and that they may.
    votes = tuple(Vote(each, Says.YES, asked.commit, Role.WRITER) for each in approved)
    # A workflow of stage one cannot know who approved: stage two asks what depends on it.
    head = asked.commit if approved or not here.event.head else ""
    people = People(head, author or here.event.author, votes=votes)
    seen = look(context.root, asked, people, say=warn, with_plan=not no_plan)
    report = seen.report
    write(out, "review.json", to_json(report))
    write(out, "review.md", comment(report, seen.review, None, Links()))
    show(report.findings, github=bool(here.event.head))
    say_secrets(report.secrets)
    say_asks(seen.review)
    if has_errors(report.findings):
        raise SystemExit(1)


def warn(text: str) -> None:
    """Say what did not go as it should."""
    say("{}", text, err=True)


def say_secrets(secrets: Sequence[Named]) -> None:
    """Say which secrets the change gives to whom."""
    for each in secrets:
        say("{}: names the secret `{}`, for {}", str(each.place), each.text, each.getter)


def say_asks(review: Review) -> None:
    """Say who is asked for a yes."""
    for ask in review.asks:
        names = (" and " if ask.all_of else " or ").join(ask.whom) or "an owner of the repository"
        must = "must" if ask.all_of else "may"
        say("{} {}: {} {} say yes.", ask.what, ask.why, names, must)


def show(findings: Sequence[Finding], *, github: bool) -> None:
    """Print the findings for a person, or as GitHub's workflow commands."""
    from deepcat.catalog.judging.report import as_github, as_text
    from deepcat.catalog.wording import count

    if findings:
        if github:
            command_lines(as_github(findings))
        else:
            say_lines(as_text(findings))
    errors = sum(each.is_error for each in findings)
    hints = count(len(findings) - errors, "hint")
    say("{} to mend, {}.", count(errors, "thing"), hints)
