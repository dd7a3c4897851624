"""What `deepcat propose` and the watch share: trainings that ended, proposed with a box at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.cli.say import say
from deepcat.errors import DeepcatError
from deepcat.forge.choose import open_inbox
from deepcat.forge.scene import Scene

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Module
    from deepcat.loop.trained.propose import Outcome, Stage
    from deepcat.loop.trainings import Seen
    from deepcat.loop.wished_sweeps import Sweeps
    from deepcat.records.trainings import Training


def proposed_one(
    root: Path, here: Scene, branch: str, name: str, *, dry_run: bool = False
) -> Outcome:
    """Propose one training, whatever its figures are, once it is uploaded as its wish says.

    Raises:
        DeepcatError: nothing is known of it, or it cannot be proposed.
    """
    from deepcat.catalog.wording import unknown
    from deepcat.loop.trained.propose import propose
    from deepcat.loop.trained.uploaded import uploaded, wish_for
    from deepcat.loop.trained.values import Wish

    with _stage(root, here, branch) as (stage, seen):
        own = seen.of(name)
        training = seen.trainings.get(name) or (own[0] if own else None)
        if training is None and (course := _sweeps(root, stage, seen).courses.get(name)):
            training = course.best
        if training is None:
            raise unknown("training", name, {*seen.trainings})
        if not dry_run:
            wish = wish_for(root, (name, training.deployment), stage.store)
            training = uploaded(stage, training, wish)
        return propose(stage, training, Wish.ALWAYS, dry_run=dry_run, again=True)


def uploaded_one(root: Path, here: Scene, name: str) -> Training:
    """Upload what the newest training of a deployment made as its wish says, and propose nothing.

    Raises:
        DeepcatError: nothing is known of it, or it cannot be uploaded.
    """
    from deepcat.catalog.wording import unknown
    from deepcat.loop.trained.uploaded import uploaded, wish_for

    with _stage(root, here, "main") as (stage, seen):
        own = seen.of(name)
        if not own:
            raise unknown("training", name, {*seen.trainings})
        return uploaded(stage, own[0], wish_for(root, (name,), stage.store))


def propose_all(root: Path, here: Scene, branch: str) -> list[Outcome | str]:
    """Upload and propose what ended, as is wished; what cannot be is said, and the next one tried.

    Returns:
        What became of each, or why nothing did.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.trained.journal import note
    from deepcat.loop.trained.propose import propose
    from deepcat.loop.trained.uploaded import uploaded
    from deepcat.loop.trained.version import wish_of
    from deepcat.loop.wished_sweeps import is_sweep
    from deepcat.records.trainings import ENDED, proposal_of

    wishes = {
        name: each
        for name, each in load(work_tree(root)).deployments.items()
        if each.profile == "train"
    }
    if not wishes:
        return []
    found: list[Outcome | str] = []
    with _stage(root, here, branch) as (stage, seen):
        swept = _sweeps(root, stage, seen) if any(map(is_sweep, wishes.values())) else None
        for name, wish in sorted(wishes.items()):
            newest = next(iter(seen.of(name)), None)
            if swept and is_sweep(wish):
                course = swept.courses.get(name)
                newest = course.best if course and course.is_over else None
            if newest is None or newest.state != ENDED or proposal_of(newest):
                continue
            # Of a sweep it is the best once all are over; its machine may rest since long before.
            is_aside = _is_aside(stage, newest.deployment)
            if is_aside and not is_sweep(wish):
                continue
            try:
                # Its machine may go once this is proposed: what it made lies elsewhere by then.
                newest = uploaded(stage, newest, wish)
                found.append(propose(stage, newest, wish_of(wish.data)))
            except DeepcatError as error:
                words = f"{name}: its training is not proposed: {error.message} [{error.code}]"
                say("{}", words)
                is_lasting = error.code.startswith(("job/", "propose/"))
                if is_lasting and is_aside:  # it was woken for this, and is not again
                    note(stage.store, newest, {"state": "held", "why": error.message})
                found.append(Unproposed(words, newest.deployment, is_lasting=is_lasting))
    return found


class Unproposed(str):
    """Why a training was not proposed.

    Attributes:
        deployment: its name; empty where nothing could be proposed at all.
        is_lasting: whether what it made is the reason, so that another time will not do.
    """

    deployment: str
    is_lasting: bool

    def __new__(cls, words: str, deployment: str, *, is_lasting: bool) -> Unproposed:
        """The words, with what they are of."""
        made = super().__new__(cls, words)
        made.deployment, made.is_lasting = deployment, is_lasting
        return made


def _is_aside(stage: Stage, deployment: str) -> bool:
    """Whether its machine is put aside: what it made was looked at before, and is not each time."""
    record = stage.store.read(deployment)
    return record is not None and bool(record.state.resources.get("aside"))


def _sweeps(root: Path, stage: Stage, seen: Seen) -> Sweeps:
    """The sweeps that files ask for, as far as they have come."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings
    from deepcat.loop.wished_sweeps import sweeps

    tree, records = work_tree(root), stage.store.read_all()
    settings, curves = read_settings(tree), stage.store.read_curves
    return sweeps(tree, load(tree), settings, records, lambda: seen, curves)


def tell(outcome: Outcome) -> None:
    """Say what became of a training."""
    of = f"training {outcome.training} of {outcome.deployment}"
    if outcome.state == "held":
        say("{}: not proposed, for {}", of, outcome.why)
    elif outcome.state == "merged":
        say("{}: is merged already", of)
    elif outcome.state == "shown":
        say("{}: would be proposed as {} {}", of, outcome.module, outcome.version)
    else:
        where = outcome.address or "a branch"
        say("{}: proposed as {} {}: {}", of, outcome.module, outcome.version, where)


def answers(root: Path) -> Callable[[Tree, Module], tuple[str, Sequence[Mapping[str, Any]]]]:
    """Asks a module's model for its samples in a box.

    Raises:
        DeepcatError: when asked, where this machine gives no box (``job/no-box``).
    """
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import does_without_box, read_settings
    from deepcat.cli.boxed import ask_samples
    from deepcat.host.box.layers import available, lacking
    from deepcat.host.failure import StepError
    from deepcat.review.tried import answered

    def ask(tree: Tree, module: Module) -> tuple[str, Sequence[Mapping[str, Any]]]:
        has_box = available().suffices
        if not has_box and not does_without_box(read_settings(work_tree(root))):
            raise DeepcatError(
                f"this machine gives no box to ask a model in: {'; '.join(lacking(available()))}",
                hint="`deepcat doctor` says how to get what is lacking",
                code="job/no-box",
            )
        try:
            return answered(module, *ask_samples(tree, module, unboxed=not has_box))
        except StepError as error:
            return error.message, ()

    return ask


@contextmanager
def _stage(root: Path, here: Scene, branch: str) -> Iterator[tuple[Stage, Seen]]:
    """Where proposals are made, and the trainings as they are now."""
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings
    from deepcat.forge.bare import Bare
    from deepcat.forge.git import Repository
    from deepcat.loop.deployments import known
    from deepcat.loop.trained.propose import Stage
    from deepcat.loop.trained.source import brought
    from deepcat.loop.trained.store import ModelStore, place_of
    from deepcat.loop.trainings import follow
    from deepcat.records.clone import chosen, open_store

    git = Repository(root)
    remote = "origin" if here.has_forge else chosen(root).remote
    store = open_store(root, "origin" if here.has_forge else "", to_act=True)
    records = known(root).records
    seen = follow(root, store, records)
    settings = read_settings(work_tree(root))
    site = str(settings.get("site_url") or "")
    currency = str(settings.get("currency") or "EUR")
    place = place_of(settings)
    with open_inbox(here, git, branch) as inbox:
        yield (
            Stage(
                root,
                git,
                inbox,
                store,
                branch,
                remote,
                answers(root),
                lambda training: brought(root, records.get(training.deployment), training),
                currency,
                models=ModelStore(place) if place else None,
                in_commit=isinstance(inbox, Bare),
                catalog=str(settings.get("title") or "deepcat"),
                site=site and f"{site.rstrip('/')}/",
            ),
            seen,
        )
