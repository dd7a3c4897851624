"""What differs between the records and reality. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deepcat.plan.lifetime import with_end
from deepcat.plan.values import State, Status
from deepcat.records.record import Record

# So many altered files are named.
_MOST_FILES = 3
# What an owner tag and a record must agree on.
_AGREED = ("module", "version", "module_digest", "wish_digest", "profile")


@dataclass(frozen=True, slots=True)
class Seen:
    """One deployment as it was found on a cloud.

    Attributes:
        name: its name, by the owner tag or by where it lies.
        state: the owner tag; None when there is none that can be read.
        up: programs that run.
        loose: programs that run and that nothing looks after.
        altered: files that somebody changed.
        waits: for what its address waits, in words; empty for nothing.
    """

    name: str
    state: State | None
    up: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    altered: tuple[str, ...] = ()
    waits: str = ""

    @property
    def where(self) -> str:
        """Its cloud and shape by the owner tag, in words."""
        return f"{self.state.cloud}/{self.state.shape}" if self.state else "its cloud"


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs; each name stands in one list only.

    Attributes:
        dead: recorded as running here, and does not run.
        changed: runs, but is not what was applied, with what differs.
        orphans: has our owner tag, and neither a record nor a wish; sorted.
        unknown: lies where ours lie, without a tag that can be read.
        unseen: where nobody could look, in words.
        lost: has our owner tag, where there is no record at all; then nothing is an orphan.
        copies: of what runs where its record says, and is there once more elsewhere, as after a
            host came back that it had to leave.
        seen: all that was found.
    """

    dead: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    orphans: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    copies: tuple[Seen, ...] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict)

    @property
    def is_lost(self) -> bool:
        """Whether there are things of ours, but no record at all."""
        return bool(self.lost)

    @property
    def without_record(self) -> tuple[str, ...]:
        """What is there by its owner tag, and in no record; sorted."""
        return self.lost if self.is_lost else self.orphans

    def amiss(self, name: str) -> str:
        """What is wrong with a deployment that is recorded as running, in words; empty if nothing.

        They go on a sentence that begins with its name.
        """
        if name in self.changed:
            return f"was changed by hand: {', '.join(self.changed[name])}"
        if name not in self.dead:
            return ""
        is_loose = name in self.seen and self.seen[name].loose
        return "runs, but nothing looks after it" if is_loose else "should run, but does not"

    def lines(self) -> list[str]:
        """What differs, one line each, for a person."""
        lines = [f"{name}: {self.amiss(name)}" for name in (*self.dead, *self.changed)]
        lines += [f"{name}: runs, but nobody wished for it" for name in self.orphans]
        lines += [f"{each.name}: an older copy of it is on {each.where}" for each in self.copies]
        lines += [f"{name}: lies here without an owner tag; left alone" for name in self.unknown]
        lines += [f"not known: {why}" for why in self.unseen]
        if self.is_lost:
            lines.append("the records are lost: run `deepcat records rebuild`; nothing is swept")
        return lines


def drift(
    records: Mapping[str, Record],
    seen: Mapping[str, Seen],
    covers: Callable[[State], bool],
    wishes: Collection[str],
    unseen: Sequence[str] = (),
    copies: Iterable[Seen] = (),
) -> Drift:
    """Compare.

    Args:
        records: by deployment's name.
        seen: what was found.
        covers: whether a deployment would have been found if it were there.
        wishes: names of the deployments that main holds.
        unseen: where nobody could look, in words.
        copies: what was found of recorded deployments where their records do not say.
    """
    here = {
        name: record.state
        for name, record in records.items()
        if covers(record.state)
        and record.state.status is Status.RUNNING
        and not record.intent
        and not _has_ended(record.state, seen.get(name))
    }
    dead = tuple(
        name
        for name, state in sorted(here.items())
        if name not in seen or not seen[name].up.issuperset(state.resources.get("programs", ()))
    )
    changed = {
        name: why
        for name, state in sorted(here.items())
        if name not in dead and (why := _differences(state, seen[name]))
    }
    strange = {name: each for name, each in sorted(seen.items()) if name not in records}
    tagged = tuple(name for name, each in strange.items() if each.state is not None)
    is_lost = bool(tagged) and not records
    return Drift(
        dead=dead,
        changed=changed,
        orphans=() if is_lost else tuple(name for name in tagged if name not in wishes),
        unknown=tuple(name for name, each in strange.items() if each.state is None),
        unseen=tuple(unseen),
        lost=tagged if is_lost else (),
        # The last one that runs is never taken for the copy.
        copies=tuple(
            each
            for each in copies
            if each.state is not None and each.name in here and each.name not in dead
        ),
        seen=dict(seen),
    )


def _has_ended(state: State, seen: Seen | None) -> bool:
    """Whether it is a job that ended: then it does not run, and nothing is amiss."""
    return with_end(state, seen.state if seen else None).has_ended


def _differences(state: State, seen: Seen) -> tuple[str, ...]:
    if seen.state is None:
        return ("its owner tag is gone",)
    found = [
        f"{part.replace('_', ' ')} is {getattr(seen.state, part)[:60]!r}"
        for part in _AGREED
        if getattr(seen.state, part) != getattr(state, part)
    ]
    extra = seen.up - set(state.resources.get("programs", ()))
    found += [f"the program {name} was added" for name in sorted(extra)]
    found += [f"the file {name} was altered" for name in seen.altered[:_MOST_FILES]]
    if len(seen.altered) > _MOST_FILES:
        found.append(f"and {len(seen.altered) - _MOST_FILES} more")
    return tuple(found)
