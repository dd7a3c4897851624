"""`deepcat ci comment`: stage two; may write, so it believes nothing that stage one left behind.

Whom to ask and whether an update is trivial is worked out again here, by the default branch's own
code, from Git's objects; what stage one says is only shown, as text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.catalog.findings import Finding, Place
from deepcat.cli.ci.shared import changed_files, out_option
from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError, UsageError
from deepcat.forge.choose import scene
from deepcat.forge.scene import Scene

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.forge.github import GitHub
    from deepcat.forge.values import Pull
    from deepcat.review.comment import Links
    from deepcat.review.report import Report
    from deepcat.review.values import Review, SampleResult

CHECK = "deepcat"
_INCOMPLETE = Finding(
    Place(""), "review/incomplete", "the check did not come to its end", "its log says why"
)


@click.command("comment")
@click.option("--number", type=int, default=0, help="The pull request, by number.")
@click.option("--preview", default="", help="Where the built website is shown.")
@out_option
@pass_context
def command(context: Context, number: int, preview: str, out: Path) -> None:
    """Post what the review found as one comment, label the pull request, give the verdict.

    Reads review/review.json and samples/samples.json below the folder, as far as they are there.
    """
    from deepcat.forge.git import Repository, signed_in
    from deepcat.forge.github import GitHub

    here = scene()
    if not here.has_forge:
        hint = "set GITHUB_REPOSITORY and GITHUB_TOKEN, as a workflow does"
        raise UsageError("there is no forge to post to", hint=hint)
    hub = GitHub(here.repository, here.token, url=here.api)
    if here.event.is_queued:
        click.echo(_judge_queue(hub, here, out))
        return
    pull = _pull(hub, here, number)
    if pull is None:
        click.echo("The pull request has moved on, or is closed; a newer run will post.")
        return
    git = Repository(context.root)
    if not git.commit(pull.head):
        with signed_in(here.server, here.token):
            git.fetch("origin", f"refs/pull/{pull.number}/head")
    report, samples = _left_behind(out, pull.head)
    said = _review(context.root, git, pull, report, samples)
    _post(hub, here, pull, report, said, samples, preview)


def _pull(hub: GitHub, here: Scene, number: int) -> Pull | None:
    if number:
        return hub.pull(number)
    event = here.event
    return hub.pull_at(event.owner, event.branch, event.head) if event.head else None


def _judge_queue(hub: GitHub, here: Scene, out: Path) -> str:
    """The verdict on what a merge queue is about to merge; gives its address.

    Whoever had to say yes has said so before it was queued, so only what the check found counts.
    """
    from deepcat.review.comment import comment
    from deepcat.review.rules import review
    from deepcat.review.values import Submission

    event = here.event
    report, samples = _left_behind(out, event.head)
    said = review(Submission("", frozenset(), ()), _found(report), samples)
    links = _links(here, event.head)
    return _verdict(hub, event.head, report, said, comment(report, said, samples, links))


def _left_behind(folder: Path, head: str) -> tuple[Report | None, tuple[SampleResult, ...] | None]:
    from deepcat.review.report import from_json, samples_from_json

    text = _read(folder / "review" / "review.json")
    report = from_json(text) if text else None
    if report is not None and report.head != head:
        report = None
    text = _read(folder / "samples" / "samples.json")
    return report, samples_from_json(text) if text else None


def _read(path: Path) -> str:
    from deepcat.review.report import MAX_BYTES

    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
        return ""
    return path.read_text("utf-8", "replace")


def _review(
    root: Path,
    git: Repository,
    pull: Pull,
    report: Report | None,
    samples: tuple[SampleResult, ...] | None,
) -> Review:
    from deepcat.cli.ci.pr import running_versions
    from deepcat.forge.git import Slice
    from deepcat.review.facts import submission
    from deepcat.review.rules import review

    target = git.commit(f"origin/{pull.base}") or git.commit(pull.base) or git.commit("HEAD")
    base = git.merge_base(target, pull.head)
    if not base:
        raise DeepcatError(f"the pull request #{pull.number} shares no history with this branch")
    changed = changed_files(git, base, pull.head)
    git.adopt_records()
    given = submission(
        Slice(git, base),
        Slice(git, pull.head),
        changed,
        pull.author,
        pull.approvers,
        running_versions(root),
        tip=Slice(git, target),
    )
    # Only a pull request that changes modules alone can be trivial; for that one, stage one ran
    # the code of this branch, and a model can at most lie about its own samples.
    return review(given, _found(report), samples)


def _found(report: Report | None) -> tuple[Finding, ...]:
    return report.findings if report else (_INCOMPLETE,)


def _links(here: Scene, head: str, preview: str = "") -> Links:
    from deepcat.review.comment import Links

    source = f"{here.server}/{here.repository}/blob/{head}"
    return Links(run=here.event.run, preview=preview, source=source)


def _post(
    hub: GitHub,
    here: Scene,
    pull: Pull,
    report: Report | None,
    said: Review,
    samples: tuple[SampleResult, ...] | None,
    preview: str,
) -> None:
    from deepcat.review.comment import comment
    from deepcat.review.values import LABELS

    body = comment(report, said, samples, _links(here, pull.head, preview))
    address = hub.put_comment(pull.number, "review", body)
    hub.set_labels(pull.number, said.labels, LABELS)
    _verdict(hub, pull.head, report, said, body)
    click.echo(address)


def _verdict(hub: GitHub, head: str, report: Report | None, said: Review, body: str) -> str:
    from deepcat.forge.values import Annotation, Check
    from deepcat.review.comment import headline

    found = sorted({*(report.findings if report else ()), *said.findings})
    errors = [each for each in found if each.is_error]
    conclusion = (
        "failure" if errors or report is None else "action_required" if said.asks else "success"
    )
    notes = tuple(
        Annotation(each.place.path, each.place.line, each.code, each.message, each.is_error)
        for each in found
        if each.place.path
    )
    title = headline(len(errors), said, report is not None)
    return hub.put_check(Check(CHECK, head, conclusion, title, body, notes))
