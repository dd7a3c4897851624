"""`deepcat ci pr`: all that a maintainer would say of a pull request, with no right to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.catalog.findings import Finding, Place, has_errors
from deepcat.cli.ci.shared import base_option, changed_files, head_option, out_option, span, write
from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError
from deepcat.forge.choose import scene

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.clouds.request import Request
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Change
    from deepcat.review.values import Changed


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
    from deepcat.catalog.reading.open_tree import git_tree
    from deepcat.forge.git import Repository, Slice
    from deepcat.plan.render import safe
    from deepcat.review.comment import Links, comment
    from deepcat.review.facts import submission
    from deepcat.review.report import Report, to_json
    from deepcat.review.rules import review

    here = scene()
    git = Repository(context.root)
    git.adopt_records()
    before, after, tip = span(git, base, head, here.event)
    changed = changed_files(git, before, after)
    old, new = git_tree(context.root, before), git_tree(context.root, after)
    checked = check(old, new, changed)
    plan = None if no_plan else planned(context.root, new)
    wrong = {each.place.path for each in checked if each.is_error}
    sound = [each for each in changed if each.path not in wrong]
    found = (*checked, *(refusals(plan, sound, new) if plan else ()))
    who = author or here.event.author
    running = running_versions(context.root)
    given = submission(
        Slice(git, before), new, changed, who, approved, running, tip=Slice(git, tip)
    )
    said = review(given, found)
    report = Report(
        head=here.event.head or after,
        findings=tuple(sorted({*found, *said.findings})),
        pictures=pictures(new, changed),
        summary=plan.summary if plan else "",
        plan=plan.text if plan else "",
        shown=plan.shown if plan else {},
    )
    write(out, "review.json", to_json(report))
    write(out, "review.md", comment(report, said, None, Links()))
    show(report.findings, github=bool(here.event.head))
    for ask in said.asks:
        names = (" and " if ask.all_of else " or ").join(ask.whom) or "a maintainer of the catalog"
        must = "must" if ask.all_of else "may"
        click.echo(safe(f"{ask.what} {ask.why}: {names} {must} say yes."))
    if has_errors(report.findings):
        raise SystemExit(1)


def check(old: Tree, new: Tree, changed: Sequence[Changed]) -> tuple[Finding, ...]:
    """Findings at the parts that changed, and the errors that these cause elsewhere.

    Only the templates of changed modules are read, so that the cost grows with the change.
    """
    from deepcat.catalog.check import examine
    from deepcat.loop.templates import topologies

    parts = {_part(each.path) for each in changed}
    seen = examine(new)
    here = [each for each in seen.findings if _part(each.place.path) in parts]
    reader = topologies()
    for path, verdict in seen.verdicts.items():
        template = verdict.facts.get("topology") if path in parts else None
        here += reader.read(new, template, None) if template else ()
    elsewhere = {each for each in seen.findings if each.is_error} - set(here)
    if elsewhere:
        # A mistake that was there before is not this pull request's.
        elsewhere -= set(examine(old).findings)
    return tuple(sorted({*here, *elsewhere}))


def running_versions(root: Path) -> frozenset[tuple[str, str]]:
    """(module, version) of all that the records know to run."""
    from deepcat.records.store import Store

    try:
        records = Store(root).read_all()
    except DeepcatError:
        return frozenset()
    return frozenset(
        (record.state.module, record.state.version)
        for record in records.values()
        if record.state.endpoints
    )


class Planned:
    """A plan with its words.

    Attributes:
        plan: the plan itself.
        summary: in one line.
        text: for a terminal; what stays as it is is left out.
        shown: deployment -> where it would run, for `deepcat.review.report.Report`.
        modules: deployment -> the module that it wishes for.
    """

    def __init__(self, gathered: Gathered) -> None:
        from deepcat.plan.render import summary, text

        wishes, currency = gathered.catalog.deployments, gathered.currency
        self.plan = gathered.plan()
        self.modules = {name: wish.module for name, wish in wishes.items()}
        self.summary = summary(self.plan, currency)
        self.text = text(self.plan, currency, quiet=True)
        self.shown = {
            change.deployment: {
                "cloud": change.offer.cloud,
                "accelerator": change.offer.accelerator,
                "price_hour": change.price_hour,
                "price_most": dearest(change, gathered.wishes[change.deployment].request),
            }
            for change in self.plan.changes
            if change.offer is not None
        }


def planned(root: Path, tree: Tree) -> Planned | None:
    """What a merge would do; None when the plan cannot be made, which is then said."""
    from deepcat.loop.world import gather

    try:
        gathered = gather(root, tree.commit, known=tree)
    except DeepcatError as error:
        click.echo(f"no plan: {error.message}", err=True)
        return None
    return Planned(gathered)


def dearest(change: Change, request: Request | None) -> float:
    """The most that it may cost an hour, should the first offers fail."""
    from deepcat.review.due import price_on

    found = [change.price_hour]
    if request is not None:
        found += [price_on(change, request, offer) for offer in change.fallbacks]
    return max(found)


def refusals(planned: Planned, changed: Iterable[Changed], tree: Tree) -> tuple[Finding, ...]:
    """Wishes that this pull request changes, or whose module it changes, and that are refused."""
    names = {_part(each.path) for each in changed}
    return tuple(
        _refusal(f"deployments/{name}.yaml", reasons, tree)
        for name, reasons in planned.plan.refusals.items()
        if f"deployments/{name}.yaml" in names or f"modules/{planned.modules.get(name)}" in names
    )


def _refusal(path: str, reasons: Sequence[str], tree: Tree) -> Finding:
    from deepcat.catalog.reading.parse import read_bytes
    from deepcat.plan.quota import is_of_quota

    document, _ = read_bytes(tree.read(path), path)
    words = "; ".join(reasons[:5])
    if not any(is_of_quota(reason) for reason in reasons):
        place = document.place(("placement",)) if document else Place(path)
        message = f"the deployment cannot be placed: {words}"
        return Finding(place, "plan/refused", message, "change what it asks for, or its bounds")
    return Finding(
        document.place(("owner",)) if document else Place(path),
        "review/quota",
        f"the deployment is not inside its owner's quota: {words}",
        "ask for less, end another deployment of the owner, or ask for a higher quota",
    )


def pictures(tree: Tree, changed: Iterable[Changed]) -> dict[str, str]:
    """Module -> its topology as a Mermaid diagram, where its template changed."""
    from deepcat.review.facts import MODULES, touched
    from deepcat.tosca.drawing.draw import mermaid
    from deepcat.tosca.load import load_topology

    files = [each for each in changed if each.path.endswith((".yaml", ".yml"))]
    found = {}
    for name in sorted(touched(files, MODULES))[:5]:
        try:
            topology, _ = load_topology(tree, f"{MODULES}{name}/tosca.yaml", {}, complete=False)
        except (DeepcatError, FileNotFoundError):
            continue
        if topology is not None:
            found[name] = mermaid(topology)
    return found


def show(findings: Sequence[Finding], *, github: bool) -> None:
    """Print the findings for a person, or as GitHub's workflow commands."""
    from deepcat.catalog.judging.report import as_github, as_text
    from deepcat.catalog.wording import count

    if findings:
        click.echo(as_github(findings) if github else as_text(findings))
    errors = sum(each.is_error for each in findings)
    hints = count(len(findings) - errors, "hint")
    click.echo(f"{count(errors, 'thing')} to mend, {hints}.")


def _part(path: str) -> str:
    """The module's folder, or the file, that a path belongs to."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "modules" else path
