"""`deepcat ci comment`: stage two; may write, so it believes nothing that stage one left behind.

What must be mended, whom to ask, what the merge will do: all of it is worked out here, by the
default branch's own code, from Git's objects, which are read as data.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.ci.pr import warn
from deepcat.cli.ci.shared import out_option
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say
from deepcat.errors import DeepcatError, UsageError
from deepcat.forge.choose import scene
from deepcat.forge.git import Repository, signed_in
from deepcat.forge.github_workflow import NAME
from deepcat.forge.scene import Scene
from deepcat.forge.values import Annotation, Check, People
from deepcat.loop.proposed import Looked, Span, look, proposal
from deepcat.review.comment import Links, comment, headline
from deepcat.review.report import MAX_BYTES, samples_from_json
from deepcat.review.values import LABELS

if TYPE_CHECKING:
    from deepcat.forge.github import GitHub
    from deepcat.forge.values import Pull
    from deepcat.review.values import SampleResult

CHECK = "deepcat"


@click.command("comment")
@click.option("--number", type=int, default=0, help="The pull request, by number.")
@click.option("--preview", default="", help="Where the built website is shown.")
@out_option
@pass_context
def command(context: Context, number: int, preview: str, out: Path) -> None:
    """Post what the review found as one comment, label the pull request, give the verdict.

    Reads samples/samples.json below the folder, as far as it is there.
    """
    from deepcat.forge.github import GitHub

    here = scene()
    if not here.has_forge or here.forge != NAME:
        hint = "set GITHUB_REPOSITORY and GITHUB_TOKEN, as a workflow of GitHub does"
        raise UsageError("there is no forge to post to", hint=hint)
    # What is read from now on is others': nothing that they name may be this.
    os.environ.pop("GITHUB_TOKEN", None)
    hub = GitHub(here.repository, here.token, url=here.api)
    if here.event.is_queued:
        say("{}", _judge_queue(context.root, hub, here, out))
        return
    pull = _pull(hub, here, number, _truth(context.root, hub))
    if pull is None:
        say("The pull request has moved on, is closed, or is for another branch.")
        return
    span = _span(context.root, here, f"refs/pull/{pull.number}/head", pull.head, pull.base)
    samples = _left_behind(out, pull.head)
    seen = look(
        context.root,
        span,
        pull.people,
        say=warn,
        samples=samples,
        teams=partial(_with_teams, hub),
        guarded=True,
        must_try=True,
    )
    links = _links(here, pull.head, preview)
    body = comment(seen.report, seen.review, samples, links)
    address = hub.put_comment(pull.number, "review", body)
    hub.set_labels(pull.number, seen.review.labels, LABELS)
    _verdict(hub, seen, body)
    say("{}", address)


def _pull(hub: GitHub, here: Scene, number: int, branch: str) -> Pull | None:
    """The pull request to the branch that is the truth.

    A verdict stands at a commit, whatever branch it was proposed to: an older branch, where other
    people may say yes, must not give one.
    """
    event = here.event
    if number:
        found = hub.pull(number)
        return found if found.base == branch else None
    return hub.pull_at(event.owner, event.branch, event.head, branch) if event.head else None


def _truth(root: Path, hub: GitHub) -> str:
    """The branch that is the truth: as the catalog says, or else the forge."""
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings

    return str(read_settings(work_tree(root)).get("branch") or "") or hub.default_branch()


def _with_teams(hub: GitHub, teams: Iterable[str], people: People) -> People:
    """The people, with who of them is in these teams as far as the token sees."""
    known = hub.teams(teams, {people.author, *(vote.handle for vote in people.votes)})
    return replace(people, teams=known)


def _span(root: Path, here: Scene, ref: str, head: str, branch: str) -> Span:
    """What is proposed, of Git's own objects."""
    git = Repository(root)
    if not git.commit(head):
        with signed_in(here.server, here.token):
            git.fetch("origin", ref)
    target = git.commit(f"origin/{branch}") or git.commit(branch) or git.commit("HEAD")
    span = proposal(git, target, head)
    if span is None:
        raise DeepcatError(f"{head[:12]} shares no history with `{branch}`")
    return span


def _judge_queue(root: Path, hub: GitHub, here: Scene, out: Path) -> str:
    """The verdict on what a merge queue is about to merge; gives its address.

    Whoever had to say yes has said so before it was queued, so only what is found counts.
    """
    event = here.event
    branch = event.branch.removeprefix("gh-readonly-queue/").rpartition("/")[0]
    span = _span(root, here, f"refs/heads/{event.branch}", event.head, branch)
    samples = _left_behind(out, event.head)
    seen = look(root, span, People(), say=warn, samples=samples, guarded=True, must_try=True)
    review = replace(seen.review, asks=(), labels=frozenset())
    body = comment(seen.report, review, samples, _links(here, event.head))
    return _verdict(hub, replace(seen, review=review), body)


def _left_behind(folder: Path, head: str) -> tuple[SampleResult, ...] | None:
    """How stage one says that the samples went.

    Nobody else can say it: the models run there alone. Where a change touches modules only, stage
    one ran the code of this branch, and a model can at most lie about its own samples.
    """
    text = _read(folder / "samples" / "samples.json")
    return samples_from_json(text, head) if text else None


def _read(path: Path) -> str:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
        return ""
    return path.read_text("utf-8", "replace")


def _links(here: Scene, head: str, preview: str = "") -> Links:
    source = f"{here.server}/{here.repository}/blob/{head}"
    return Links(run=here.event.run, preview=preview, source=source)


def _verdict(hub: GitHub, seen: Looked, body: str) -> str:
    found = seen.report.findings
    errors = [each for each in found if each.is_error]
    conclusion = "failure" if errors else "action_required" if seen.review.asks else "success"
    notes = tuple(
        Annotation(each.place.path, each.place.line, each.code, each.message, each.is_error)
        for each in found
        if each.place.path
    )
    title = headline(len(errors), seen.review)
    return hub.put_check(Check(CHECK, seen.report.head, conclusion, title, body, notes))
