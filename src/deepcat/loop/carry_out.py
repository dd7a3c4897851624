"""Jobs carried out, under leases, with what happens told as it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Cloud
    from deepcat.runs.values import Event, Job, Outcome


def carry_out(
    root: Path,
    tree: Tree,
    commit: str,
    clouds: Mapping[str, Cloud],
    jobs: Sequence[Job],
    *,
    timeout_s: float,
    say: Callable[[Event], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Run the jobs; `say` hears what happens, as it happens.

    Raises:
        DeepcatError: as `deepcat.runs.execute.execute`, or none of them could even be begun.
    """
    from deepcat.records.journal import RecordJournal
    from deepcat.records.store import Store
    from deepcat.runs.execute import execute, new_run
    from deepcat.runs.values import Ground

    journal = RecordJournal(Store(root))
    ground = Ground(root, tree, commit, clouds, journal, say, timeout_s)
    outcomes = execute(jobs, ground, new_run())
    if outcomes and not any(outcome.begun for outcome in outcomes):
        why = outcomes[0].failures[-1]
        raise DeepcatError(why.message, hint=why.hint, code=why.code)
    return outcomes
