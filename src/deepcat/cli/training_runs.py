"""What `train`, `retry`, `resume` and `stop` share: carry out, tell, and follow to the end."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.cli.say import say, say_lines
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.loop.trainings import Seen
    from deepcat.loop.world import Gathered
    from deepcat.records.record import Record
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training
    from deepcat.runs.values import Job, Outcome

_PAUSE_S = 2.0


def carry(
    root: Path, store: Store, gathered: Gathered, jobs: Sequence[Job], *, quiet: bool
) -> tuple[Outcome, ...]:
    """Carry jobs out, with progress; what their hosts tell then is written down."""
    from deepcat.cli import operations
    from deepcat.loop.carry_out import carry_out, require_begun

    clouds = gathered.catalog.clouds
    with operations.progress(quiet) as watcher:
        outcomes = carry_out(
            root, gathered.tree, gathered.commit, clouds, jobs, say=watcher, store=store
        )
    require_begun(outcomes)
    return outcomes


def now(root: Path, store: Store, name: str) -> tuple[Training, ...]:
    """The trainings of a deployment as they hold now; ends are written down."""
    seen, records = looked(root, store, (name,))
    return seen.of(name, records[name].state.run if name in records else "")


def looked(root: Path, store: Store, names: Collection[str]) -> tuple[Seen, dict[str, Record]]:
    """All trainings as they hold now, and the records; ends of those named are written down."""
    from deepcat.catalog.load import load_clouds
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.ends import record_ends
    from deepcat.loop.trainings import followed

    clouds, records = load_clouds(work_tree(root)), store.read_all()
    own = {name: records[name] for name in names if name in records}
    records |= record_ends(root, store, own, clouds)
    return followed(root, store, records, clouds), records


def tell(
    root: Path,
    store: Store,
    name: str,
    outcomes: Sequence[Outcome],
    *,
    follow: bool,
    as_json: bool,
    until_over: float = 0.0,
) -> bool:
    """Say how it went and goes; gives whether all is well.

    Args:
        root: the catalog's folder.
        store: the records.
        name: of the deployment.
        outcomes: of what was carried out.
        follow: whether to go on until it is over.
        as_json: whether to print JSON alone.
        until_over: so many seconds it is waited for its end at most, without a word.
    """
    from deepcat.cli import operations
    from deepcat.cli.training_words import show
    from deepcat.records.trainings import as_json as plain
    from deepcat.records.trainings import proposal_of

    if not as_json:
        operations.tell(outcomes, root)
    found = now(root, store, name)
    deadline = time.monotonic() + until_over
    said: dict[str, str] = {}
    while found and not _is_over(found) and (follow or time.monotonic() < deadline):
        if follow and not as_json:
            for each in found:
                if said.get(each.training) != (now_said := news(each)):
                    show(each)
                    said[each.training] = now_said
        time.sleep(_PAUSE_S)
        found = now(root, store, name)
    if as_json:
        given: dict[str, Any] = {"trainings": [plain(each) for each in found]}
        say_lines(operations.as_json(outcomes, deployment=name, **given))
    else:
        for each in found:
            show(each)
        if any(each.state == "ended" and not proposal_of(each) for each in found):
            say("`deepcat propose {}` brings back what it made.", name)
        if found and not _is_over(found):
            say("It goes on: `deepcat status {}`, `deepcat logs -f {}`.", name, name)
    well = all(outcome.ok for outcome in outcomes)
    return well and not any(each.state in ("failed", "lost") for each in found)


def upload(root: Path, name: str, *, quiet: bool) -> None:
    """Let what the newest training of a deployment made lie where its wish says; done once.

    Raises:
        DeepcatError: as of `deepcat.loop.trained.uploaded`.
    """
    from deepcat.cli.proposing import uploaded_one
    from deepcat.cli.training_words import uploaded
    from deepcat.forge.choose import scene

    try:
        training = uploaded_one(root, scene(), name)
    except DeepcatError as error:
        if error.code != "upload/failed":
            raise
        hint = f"{error.hint}; `deepcat propose {name}` tries it again"
        raise DeepcatError(error.message, hint=hint, code=error.code) from None
    if not quiet:
        say("training {}: {}", training.training, uploaded(training))


def news(training: Training) -> str:
    """What is worth another line: all that is known of it but for what its seconds alone change."""
    from deepcat.cli.training_words import details, heads

    still = replace(training, seconds=0, energy={}, cost=0, expected_end="")
    return "\n".join((training.state, *heads(still), *details(still)))


def _is_over(trainings: Sequence[Training]) -> bool:
    return all(each.is_over for each in trainings)
