"""What is on the clouds by the catalog's owner tag, and neither recorded nor wished."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.plan.values import State
    from deepcat.runs.values import Job


@dataclass(frozen=True, slots=True)
class Orphans:
    """One look at all clouds.

    Attributes:
        found: what has neither record nor wish, by name.
        copies: older ones of what runs elsewhere by now, as after a host came back that was left.
        unknown: what lies where ours lies, without a tag that can be read; it is left alone.
        unseen: what could not be looked at, and why; what is there is not known.
        are_lost: whether there is no record at all, so that nothing can be told from an orphan.
    """

    found: tuple[State, ...]
    copies: tuple[State, ...]
    unknown: tuple[str, ...]
    unseen: tuple[str, ...]
    are_lost: bool


def orphans(root: Path) -> Orphans:
    """Look on all clouds."""
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.known import wished
    from deepcat.loop.observation import observe
    from deepcat.records.clone import open_store

    clouds = load(work_tree(root)).clouds
    records = open_store(root, to_act=True).read_all()
    drift = observe(root, clouds).drift(records, wished(root))
    states = (drift.seen[name].state for name in drift.without_record)
    found = tuple(state for state in states if state is not None)
    copies = tuple(each.state for each in drift.copies if each.state is not None)
    return Orphans(found, copies, drift.unknown, drift.unseen, drift.is_lost)


def sweeping(root: Path, found: Orphans) -> list[Job]:
    """The jobs that take the orphans and the copies away.

    Raises:
        DeepcatError: the records are lost (``clouds/lost``).
    """
    from deepcat.loop.jobs import sweep, take_copies
    from deepcat.loop.known import work_at_hand

    if found.are_lost:
        raise DeepcatError(
            "there is no record at all, so that nobody can tell what is an orphan",
            hint="fetch the records, or run `deepcat records rebuild`",
            code="clouds/lost",
        )
    formers = work_at_hand(root)[3]
    return [*sweep(found.found, formers), *take_copies(found.copies, formers)]
