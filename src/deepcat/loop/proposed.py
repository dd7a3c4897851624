"""What a pull request would bring: the one look that the workflows, the hook and a person take.

All of it is worked out from Git's objects: nothing that another run left behind is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.errors import DeepcatError
from deepcat.forge.git import Repository, Slice
from deepcat.loop.planned import Planned, foreign, part_of, planned, refusals, warnings
from deepcat.review import secret_use
from deepcat.review.consent import heard
from deepcat.review.facts import groups, named_teams, submission
from deepcat.review.report import Report
from deepcat.review.rules import review
from deepcat.review.values import Changed, How

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepcat.catalog.reading.history import Carried
    from deepcat.catalog.reading.tree import Tree
    from deepcat.forge.values import People
    from deepcat.review.values import Review, SampleResult

_HOW = {"A": How.ADDED, "D": How.DELETED, "M": How.MODIFIED}


@dataclass(frozen=True, slots=True)
class Span:
    """What is proposed, in full hashes.

    Attributes:
        base: what its files are compared with.
        head: its files, as they will be once it is merged.
        tip: the branch that it shall go to, as it is now.
        commit: what was proposed: votes and the verdict are of it.
    """

    base: str
    head: str
    tip: str
    commit: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a pull request found.

    Attributes:
        report: findings, plan and pictures.
        review: what a maintainer would say.
    """

    report: Report
    review: Review


def proposal(git: Repository, tip: str, commit: str) -> Span | None:
    """What merging a commit would bring; None when it shares no history with the tip.

    Where people must solve a conflict first, it is seen as it stands by itself.

    Raises:
        DeepcatError: its files cannot be looked at (``git/tree``).
    """
    common = git.merge_base(tip, commit)
    if not common:
        return None
    if fault := git.tree_fault(commit):
        raise DeepcatError(
            f"the commit {commit[:12]} is not read: {fault}",
            hint="add the files with `git add`, and commit anew",
            code="git/tree",
        )
    merged = git.merged(tip, commit) if common not in (tip, commit) else ""
    return Span(tip, merged, tip, commit) if merged else Span(common, commit, tip, commit)


def look(
    root: Path,
    span: Span,
    people: People,
    *,
    say: Callable[[str], None],
    with_plan: bool = True,
    samples: Sequence[SampleResult] | None = None,
    teams: Callable[[Iterable[str], People], People] | None = None,
    guarded: bool = False,
    must_try: bool = False,
) -> Looked:
    """Look at a pull request as a maintainer would.

    Args:
        root: the catalog's folder, or one of a repository that holds the commits.
        span: what is proposed.
        people: who wrote it, and who says yes; without a head where that is asked elsewhere.
        say: hears why there is no plan.
        with_plan: whether to plan.
        samples: how the samples of its modules went; None when they were not tried.
        teams: adds to people who of them is in these teams.
        guarded: whether no cloud is asked that the pull request changes, since this process holds
            what its author must not have.
        must_try: whether modules whose samples were not tried are a finding.
    """
    git = Repository(root)
    trees = _trees(root, git, span)
    changed = changed_files(git, span.base, span.head)
    running = running_versions(root)
    before = Slice(git, span.base)
    given = submission(before, trees.new, changed, people, running, tip=trees.tip)
    if teams and (named := named_teams(given, trees.tip)):
        given = replace(given, heard=heard(teams(named, people), groups(trees.tip)))
    said_yes = {"author": given.author, "approvals": sorted(given.heard.yes)}
    context = {"review": said_yes} if people.head else {}
    asked = trees.tip if guarded else None
    plan = planned(root, trees.new, asked, say, trees.tip, context) if with_plan else None
    found = _found(trees, changed, plan, context) + _submodules(git, span) + _kept(git, span)
    found += _hidden(git, span)
    if must_try:
        found += untried(trees.new, modules_to_try(changed), found, samples)
    said = review(given, found, samples)
    findings = tuple(sorted({*found, *said.findings}))
    return Looked(_report(span.commit, findings, trees, changed, plan), said)


@dataclass(frozen=True, slots=True)
class _Trees:
    """The files as they are, as they shall be, and as they are where they shall go."""

    old: Tree
    new: Tree
    tip: Tree


def _trees(root: Path, git: Repository, span: Span) -> _Trees:
    from deepcat.catalog.reading.open_tree import git_tree

    return _Trees(git_tree(root, span.base), git_tree(root, span.head), Slice(git, span.tip))


def _found(
    trees: _Trees, changed: Sequence[Changed], plan: Planned | None, context: Mapping[str, Any]
) -> tuple[Finding, ...]:
    """What is wrong with the files, the plan, the secrets that they name, and by the policies."""
    checked = check(trees.old, trees.new, changed)
    wrong = {each.place.path for each in checked if each.is_error}
    sound = [each for each in changed if each.path not in wrong]
    found = (*checked, *(refusals(plan, sound, trees.new) if plan else ()))
    found += warnings(plan, changed) if plan else ()
    if any(each.entries("policies") for each in (trees.tip, trees.new)):
        from deepcat.loop.policy_review import reviewed

        found += reviewed(trees.tip, trees.new, {each.path for each in changed}, context)
    owners = secret_use.owners_at(trees.tip)
    if owners is None:
        return found
    named = secret_use.foreign(owners, trees.tip, trees.new, _parts(changed))
    return (*found, *named, *(foreign(plan, changed, owners) if plan else ()))


def _report(
    commit: str,
    findings: tuple[Finding, ...],
    trees: _Trees,
    changed: Sequence[Changed],
    plan: Planned | None,
) -> Report:
    return Report(
        head=commit,
        findings=findings,
        pictures=pictures(trees.new, changed),
        summary=plan.summary if plan else "",
        plan=plan.text if plan else "",
        shown=plan.shown if plan else {},
        plays=plan.plays if plan else "",
        secrets=secret_use.added(trees.old, trees.new, _parts(changed)),
    )


def _parts(changed: Iterable[Changed]) -> set[str]:
    return {part_of(each.path) for each in changed}


def changed_files(git: Repository, before: str, after: str) -> tuple[Changed, ...]:
    """The files of the catalog that differ."""
    return tuple(Changed(path, _HOW[how]) for how, path in git.changed(before, after))


def modules_to_try(changed: Iterable[Changed]) -> tuple[str, ...]:
    """Modules of which more than text changed, or that are new; sorted."""
    names = {
        parts[1]
        for each in changed
        if (parts := each.path.split("/"))[0] == "modules" and len(parts) > 2
        if not each.path.lower().endswith((".md", ".png", ".jpg", ".jpeg", ".svg"))
    }
    return tuple(sorted(names))


def _submodules(git: Repository, span: Span) -> tuple[Finding, ...]:
    """What stands in the tree by its name alone, so that nobody can review it."""
    message = "this is another repository, of which Git holds the name alone"
    return tuple(
        Finding(Place(path), "review/submodule", message, "add the files themselves")
        for path in git.submodules(span.base, span.head)
    )


def _kept(git: Repository, span: Span) -> tuple[Finding, ...]:
    """What deepcat would take for its own notes in every clone."""
    message = "this lies where deepcat keeps what it found out on one machine"
    hint = "take it out of Git: `git rm -r --cached .deepcat`"
    changed = git.changed(span.base, span.head)
    mine = [
        path for how, path in changed if how != "D" and path.split("/")[0].casefold() == ".deepcat"
    ]
    return tuple(Finding(Place(path), "review/kept", message, hint) for path in mine)


def _hidden(git: Repository, span: Span) -> tuple[Finding, ...]:
    """Versions of modules that one commit brings and another changes, so that nobody sees them.

    Where the branch moves on to the commits themselves, its history has them, and they can be
    deployed; a forge puts them there one by one also where the branch has moved on meanwhile
    (rebase and merge). On the way from one version to the next this is usual, and a hint.
    """
    from deepcat.catalog.reading.history import History

    start = git.merge_base(span.tip, span.commit) or span.base
    net = {part_of(path) for _, path in git.changed(start, span.commit)}
    touched = {part_of(path) for path in git.touched(start, span.commit)}
    names = [part.partition("/")[2] for part in touched if part.startswith("modules/")]
    before, after = (History(git.root, each).of(names) for each in (start, span.commit))
    found = []
    for name, known in sorted(after.items()):
        old = before.get(name, ())
        shown = {each.folder for each in (*old, *known[:1])}
        usual = {each.version for each in old} if f"modules/{name}" in net else set()
        for each in known[1:]:
            if each.folder and each.folder not in shown:
                severity = Severity.HINT if each.version in usual else Severity.ERROR
                found.append(_hidden_version(name, each, severity))
    return tuple(found)


def _hidden_version(name: str, carried: Carried, severity: Severity) -> Finding:
    where = f"commit {carried.commit[:12]} leaves `{name}` {carried.version}"
    return Finding(
        Place(f"modules/{name}/module.yaml"),
        "review/hidden-version",
        f"{where} as no review shows it, and so it could be deployed",
        "make one commit of all, or bring that version by a pull request of its own",
        severity,
    )


def untried(
    tree: Tree,
    names: Iterable[str],
    found: Iterable[Finding],
    samples: Sequence[SampleResult] | None,
) -> tuple[Finding, ...]:
    """Modules that have samples which nobody tried, though nothing else is wrong with them."""
    from deepcat.catalog.load import load

    broken = {part_of(each.place.path) for each in found if each.is_error}
    tried = {(each.module, each.version) for each in samples or ()}
    wanted = [name for name in names if f"modules/{name}" not in broken]
    modules = load(tree).modules if wanted else {}
    return tuple(
        Finding(
            Place(f"modules/{name}/module.yaml"),
            "review/untried",
            f"the samples of version {modules[name].version} were not tried",
            "read the log of the job that tries them; let it run again",
        )
        for name in wanted
        if name in modules and modules[name].model and modules[name].samples
        if (name, modules[name].version) not in tried
    )


def check(old: Tree, new: Tree, changed: Sequence[Changed]) -> tuple[Finding, ...]:
    """Findings at the parts that changed, and the errors that these cause elsewhere.

    Only the templates of changed modules are read, so that the cost grows with the change.
    """
    from deepcat.catalog.check import examine
    from deepcat.loop.templates import topologies

    parts = _parts(changed)
    seen = examine(new)
    here = [each for each in seen.findings if part_of(each.place.path) in parts]
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
    from deepcat.records.clone import open_store

    try:
        records = open_store(root).read_all()
    except DeepcatError:
        return frozenset()
    return frozenset(
        (record.state.module, record.state.version)
        for record in records.values()
        if record.state.endpoints
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
