"""What differs between the records and reality. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from deepcat.plan.lifetime import with_end
from deepcat.plan.values import State, Status
from deepcat.records.record import Record

# What an owner tag and a record must agree on.
_AGREED = ("module", "version", "module_digest", "wish_digest", "profile")


@dataclass(frozen=True, slots=True)
class Seen:
    """One deployment as it was found on a cloud.

    Attributes:
        name: its name, by the owner tag or by where it lies.
        state: the owner tag; None when there is none that can be read.
        up: programs that run.
    """

    name: str
    state: State | None
    up: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs; each name stands in one list only.

    Attributes:
        dead: recorded as running here, and does not run.
        changed: runs, but is not what was applied, with what differs.
        orphans: has our owner tag, and neither a record nor a wish; sorted.
        unknown: lies where ours lie, without a tag that can be read.
        unseen: where nobody could look, in words.
        is_lost: whether there are things of ours but no record at all; then nothing is an orphan.
        seen: all that was found.
    """

    dead: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    orphans: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    is_lost: bool = False
    seen: Mapping[str, Seen] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """What differs, one line each, for a person."""
        lines = [f"{name}: should run, but does not" for name in self.dead]
        lines += [
            f"{name}: was changed by hand: {', '.join(w)}" for name, w in self.changed.items()
        ]
        lines += [f"{name}: runs, but nobody wished for it" for name in self.orphans]
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
) -> Drift:
    """Compare.

    Args:
        records: by deployment's name.
        seen: what was found.
        covers: whether a deployment would have been found if it were there.
        wishes: names of the deployments that main holds.
        unseen: where nobody could look, in words.
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
        is_lost=is_lost,
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
    return tuple(found)
