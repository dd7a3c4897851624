"""Jobs carried out, under leases, with what happens told as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
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
) -> tuple[Outcome, ...]:
    """Run the jobs.

    Args:
        root: the catalog's folder.
        tree: what was planned.
        commit: planned; empty when the tree has other content.
        clouds: by name.
        jobs: what to do; nothing happens when there are none.
        timeout_s: how long a model may take until it answers.
        say: hears what happens, as it happens.
        store: the records; those of this clone when None.
        by: who wanted it, for the records.

    Raises:
        DeepcatError: as `deepcat.runs.execute.execute`.
    """
    from deepcat.records.journal import RecordJournal
    from deepcat.records.store import Store
    from deepcat.runs.execute import execute, new_run
    from deepcat.runs.values import Ground

    if not jobs:
        return ()
    journal = RecordJournal(store or Store(root), by=by, commit=commit)
    ground = Ground(root, tree, commit, clouds, journal, say, timeout_s)
    return execute(jobs, ground, new_run())


def require_begun(outcomes: Iterable[Outcome]) -> None:
    """Raise DeepcatError when none of what was asked for could even be begun."""
    outcomes = tuple(outcomes)
    if outcomes and not any(outcome.begun for outcome in outcomes):
        why = outcomes[0].failures[-1]
        raise DeepcatError(why.message, hint=why.hint, code=why.code)
