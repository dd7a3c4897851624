"""Jobs carried out, under leases, with what happens told as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.former_clouds import former_cloud
from deepcat.loop.values import TIMEOUT_S

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Cloud
    from deepcat.records.store import Store
    from deepcat.runs.values import Event, Job, Outcome


def carry_out(
    root: Path,
    tree: Tree,
    commit: str,
    clouds: Mapping[str, Cloud],
    jobs: Sequence[Job],
    *,
    timeout_s: float = TIMEOUT_S,
    say: Callable[[Event], None] = lambda _: None,
    store: Store | None = None,
    by: str = "",
    log: str = "",
    approved: Sequence[str] = (),
    keeps: bool = True,
    discard: bool = False,
) -> tuple[Outcome, ...]:
    """Run the jobs.

    Args:
        root: the catalog's folder.
        tree: what was planned.
        commit: planned; empty when the tree has other content.
        clouds: by name; one that went is read where it still stood when it was used.
        jobs: what to do; nothing happens when there are none.
        timeout_s: how long a model may take until it answers.
        say: hears what happens, as it happens.
        store: the records; those that count here when None.
        by: who wanted it, for the records.
        log: where a forge shows the log of this, for the records.
        approved: who said yes to it, for the records.
        keeps: whether this clone keeps outcomes that its remote does not take now.
        discard: whether what is on a machine alone may go with it.

    Raises:
        DeepcatError: as `deepcat.runs.execute.execute`.
    """
    from deepcat.loop.unsaved import sorted_out
    from deepcat.records.clone import open_store
    from deepcat.records.journal import RecordJournal
    from deepcat.runs.execute import execute
    from deepcat.runs.folders import new_run
    from deepcat.runs.values import Ground

    if not jobs:
        return ()
    known = store or open_store(root, to_act=True)
    journal = RecordJournal(known, by=by, commit=commit, log=log, approved=approved, keeps=keeps)
    everywhere = {**_gone(root, commit, clouds, jobs), **clouds}
    ground = Ground(root, tree, commit, everywhere, journal, say, timeout_s)
    sorts = (jobs, []) if discard else sorted_out(root, everywhere, jobs, known.read_trainings)
    ahead, held = sorts
    done = execute(ahead, ground, new_run()) if ahead else ()
    return tuple(sorted((*done, *held), key=lambda outcome: outcome.job.name))


def _gone(
    root: Path, commit: str, clouds: Mapping[str, Cloud], jobs: Iterable[Job]
) -> dict[str, Cloud]:
    """The clouds that something runs on and whose files were removed, as they were."""
    found: dict[str, Cloud] = {}
    for state in (job.before for job in jobs if job.before is not None):
        if state.cloud not in {"", *clouds, *found}:
            cloud = former_cloud(root, commit, state)
            found |= {state.cloud: cloud} if cloud is not None else {}
    return found


def require_begun(outcomes: Iterable[Outcome]) -> None:
    """Raise DeepcatError when none of what was asked for could even be begun."""
    outcomes = tuple(outcomes)
    if outcomes and not any(outcome.begun for outcome in outcomes):
        why = outcomes[0].failures[-1]
        raise DeepcatError(why.message, hint=why.hint, code=why.code)
