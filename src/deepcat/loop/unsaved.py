"""Work that would go with its machine: a change that takes the machine away waits for Git.

Where a kind makes a machine for each deployment, what somebody works on lies on it and goes with
it. So such a change is held back until a branch has all of the work, or somebody gives it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.wording import count
from deepcat.clouds.developing import Developing
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Making
from deepcat.clouds.means import means
from deepcat.clouds.registry import answering, kind_of
from deepcat.clouds.resting import Resting
from deepcat.errors import DeepcatError
from deepcat.forge.choose import scene
from deepcat.forge.git import Repository
from deepcat.host.failure import StepError
from deepcat.host.notebook import values
from deepcat.loop import unproposed
from deepcat.loop.notebooks import Notebook, notebook_on
from deepcat.loop.outlived import outlived
from deepcat.loop.trained.propose import tip_at
from deepcat.loop.worked import Work, branch_of, listed, work_of
from deepcat.plan.values import Action, State
from deepcat.records.clone import chosen
from deepcat.runs.values import Aside, Job, Outcome

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.clouds.offers import Offer
    from deepcat.records.trainings import Training

_PROFILE, _TRAINS = "develop", "train"
# The truth, as of `deepcat develop save`.
_BRANCH = "main"
_MOST_NAMED = 3


def sorted_out(
    root: Path,
    clouds: Mapping[str, Cloud],
    jobs: Sequence[Job],
    trainings: Callable[[], Mapping[str, Training]] = dict,
) -> tuple[list[Job], list[Outcome]]:
    """Jobs that may go ahead, and the outcomes of those that are held back.

    Args:
        root: the catalog's folder.
        clouds: by name, with those whose files went.
        jobs: what is to be done.
        trainings: reads all that are known, by id.
    """
    ahead: list[Job] = []
    held: list[Outcome] = []
    for asked in jobs:
        before = asked.before
        cloud = clouds.get(before.cloud) if before else None
        if before is None or cloud is None or not _takes_work(cloud):
            ahead.append(asked)
            continue
        job, why = outlived(root, cloud, asked, before)
        if before.profile == _TRAINS:
            why = why or _failed(root, cloud, asked, before, trainings)
        if why:
            held.append(_held(job, why))
        elif before.profile != _PROFILE:
            ahead.append(job)
        elif not _leaves(cloud, job, before):
            ahead.append(_staying(root, cloud, job, before))
        elif why := _at_stake(root, cloud, before):
            held.append(_held(job, why))
        else:
            ahead.append(job)
    return ahead, held


def _failed(
    root: Path,
    cloud: Cloud,
    job: Job,
    before: State,
    trainings: Callable[[], Mapping[str, Training]],
) -> DeepcatError | None:
    """Why a machine that failed is not replaced: it holds what a training made."""
    kind: object = kind_of(cloud)
    if job.aside is not None or not isinstance(kind, Resting):
        return None
    if not (what := unproposed.held(before, trainings())):
        return None
    try:
        with answering(cloud):
            fault = kind.fault(cloud, means(root), before.name, before.shape)
    except (DeepcatError, StepError):  # who carries it out meets that, too, and tells it
        return None
    if not fault:
        return None
    message = f"the machine of `{before.name}` failed, and holds {what}: {fault}"
    hint = (
        f"have it mended by who runs `{cloud.name}`, then run `deepcat resume {before.name}`; or"
        f" give it up by `deepcat destroy {before.name} --discard`, and train it again"
    )
    return DeepcatError(message, hint=hint, code="job/unsaved")


def _takes_work(cloud: Cloud) -> bool:
    """Whether what somebody works on goes there with its deployment."""
    try:
        return isinstance(kind_of(cloud), (Making, Developing))
    except DeepcatError:  # nothing can be carried out there, which is told then
        return False


def _leaves(cloud: Cloud, job: Job, before: State) -> bool:
    """Whether a change gives the machine up, or makes something else of it."""
    if job.aside is Aside.STOPPED:  # its disk is kept
        return False
    if job.wish is None or job.change.action is Action.DELETE or job.change.renamed_from:
        return True
    if job.wish.deployment.profile != _PROFILE:
        return True
    return job.change.offer is not None and not _is_there(cloud, job.change.offer, before)


def _staying(root: Path, cloud: Cloud, job: Job, before: State) -> Job:
    """The job without ways out to other machines, where work would be left behind."""
    there = tuple(each for each in job.change.fallbacks if _is_there(cloud, each, before))
    if len(there) == len(job.change.fallbacks) or not _at_stake(root, cloud, before):
        return job
    return replace(job, change=replace(job.change, fallbacks=there))


def _is_there(cloud: Cloud, offer: Offer, before: State) -> bool:
    """Whether the work is where an offer is: on one machine, or in any shape of a cloud."""
    is_same = offer.shape == before.shape or isinstance(kind_of(cloud), Developing)
    return offer.cloud == before.cloud and is_same


def _held(job: Job, why: DeepcatError) -> Outcome:
    assert job.before is not None  # noqa: S101 - the caller looked
    failure = Failure(
        FailureKind.CLOUD,
        why.code or "develop/unsaved",
        why.message,
        why.hint or _give_up(job.before.name),
        job.before.cloud,
    )
    return Outcome(job, job.before, ok=False, failures=(failure,), changed=False, begun=False)


def _at_stake(root: Path, cloud: Cloud, state: State) -> DeepcatError | None:
    """Why work would be lost with the machine; None where all of it is in Git, or there is none."""
    try:
        notebook = notebook_on(root, cloud, state)
    except DeepcatError as error:
        if error.code == "run/host":  # there is no machine
            return None
        message = f"the machine of `{state.name}` may hold work that nobody saved: {error.message}"
        return _unsaved(message, f"{error.hint or 'mend that'}, or {_give_up(state.name)}")
    if notebook is None:
        return None
    try:
        return _unsaved_of(root, notebook)
    except DeepcatError as error:
        message = f"the work of `{state.name}` would go with its machine: {error.message}"
        hint = f"{error.hint}, or {_give_up(state.name)}" if error.hint else ""
        return _unsaved(message, hint or _give_up(state.name))


def _unsaved_of(root: Path, notebook: Notebook) -> DeepcatError | None:
    name = notebook.name
    if failed := notebook.ask(values.KEEP).failed:
        return _unsaved(f"the work of `{name}` cannot be saved: {failed}", _give_up(name))
    git = Repository(root)
    remote = "origin" if scene().has_forge else chosen(root).remote
    tip = tip_at(git, _BRANCH, remote)
    work = work_of(root, git, notebook, tip)
    if missing := sorted(_missing(git, work, notebook, tip, remote)):
        message = f"{_named(missing)} of `{name}` would go with its machine, and no branch has it"
        return _unsaved(message, f"run `deepcat develop save {name}`, or {_give_up(name)}")
    if work.left:
        path, why = min(work.left.items())
        said = f"{_named(sorted(work.left))} of `{name}` would go with its machine: {path}: {why}"
        hint = f"take it away by `deepcat ssh {name}`, name it in `.gitignore`, or {_give_up(name)}"
        return _unsaved(said, hint)
    return None


def _missing(
    git: Repository, work: Work, notebook: Notebook, tip: str, remote: str
) -> Iterator[str]:
    """What was changed and is neither in the truth nor in the branch of its proposal."""
    folder = f"{git.prefix}modules/{notebook.module}"
    branch = branch_of(notebook.name)
    known = git.branch_at(branch, remote)
    if known and remote:
        git.fetch(remote, known)
    has = [listed(git, f"{commit}:{folder}") for commit in (tip, known) if commit]
    for path, part in work.parts.items():
        wanted = part.sha if part else None
        found = {tree[path].sha if path in tree else None for tree in has}
        if wanted not in found:
            yield path


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(f"`{each[:100]}`" for each in paths[:_MOST_NAMED])
    return shown if len(paths) <= _MOST_NAMED else f"{shown} and {count(len(paths) - 3, 'file')}"


def _give_up(name: str) -> str:
    return f"give the work up by `deepcat destroy {name} --discard`"


def _unsaved(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code="develop/unsaved")
