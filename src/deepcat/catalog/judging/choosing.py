"""Which version of a module a wish gets: the one at the tip, or one that history carried. Pure.

What stands at the tip comes first wherever it fits: a merge that takes a module back to an older
version takes its deployments back, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deepcat.catalog.judging.versions import admits, order
from deepcat.catalog.reading.history import Carried


@dataclass(frozen=True, slots=True)
class Tip:
    """A module as it is now.

    Attributes:
        version: as it states it; empty where that cannot be read.
        is_sound: whether it has no errors.
    """

    version: str
    is_sound: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What a wish gets.

    Attributes:
        carried: what history had; None for the module at the tip.
        why: what a person should know of it; empty where all is as usual.
    """

    carried: Carried | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """That a wish gets nothing, and why.

    Attributes:
        why: in a sentence; empty where the module at the tip has errors, which say why.
        hint: what could be wished.
        goes_on: whether the module is gone, and what ran of a version that fits would go on.
    """

    why: str
    hint: str = ""
    goes_on: bool = False


def choose(
    module: str, wish: str, tip: Tip | None, past: Sequence[Carried], ran: Carried | None = None
) -> Choice | Nothing:
    """What a wish for a module gets.

    Args:
        module: its name.
        wish: a version or a range in npm's syntax.
        tip: the module as it is now; None where it is not there.
        past: the versions that it had, the newest first.
        ran: what ran for this wish, where that lies in the history.
    """
    if tip and tip.is_sound and takes(wish, tip.version):
        return Choice()
    tip = Tip("", is_sound=False) if tip and not order(tip.version) else tip
    there = [each for each in past if each.version and each.folder]
    is_stuck = tip is None or not (tip.is_sound or (tip.version and not takes(wish, tip.version)))
    if is_stuck and ran and takes(wish, ran.version):
        return Choice(ran, _goes_on(module, tip, ran))
    if tip and not tip.is_sound and tip.version and takes(wish, tip.version):
        others = [each for each in there if each.version != tip.version]
        return Nothing("", _pin(wish, others))
    exact = next((each for each in there if each.version == wish), None)
    if exact is not None:
        gone = f"the module `{module}` is no longer in the catalog"
        return Choice(exact, gone if tip is None else "")
    if tip is None:
        return _gone(module, wish, there)
    return _newest(module, wish, tip, there)


def _newest(module: str, wish: str, tip: Tip, there: Sequence[Carried]) -> Choice | Nothing:
    """The highest version that a range takes in."""
    if not tip.version:
        return Nothing("", _pin(wish, there))
    fitting = [each for each in there if takes(wish, each.version)]
    if not fitting:
        return _unmet(module, wish, tip, there)
    return Choice(max(fitting, key=lambda each: order(each.version)))


def takes(wish: str, version: str) -> bool:
    """Whether a wish takes a version in, whatever text stands for one in an old file."""
    return wish == version or (bool(order(version)) and admits(wish, version))


def listed(past: Sequence[Carried]) -> str:
    """The versions for a person, the highest first."""
    versions = sorted({each.version for each in past}, key=order, reverse=True)
    more = f" and {len(versions) - 8} more" if len(versions) > 8 else ""
    return ", ".join(versions[:8]) + more


def _goes_on(module: str, tip: Tip | None, ran: Carried) -> str:
    if tip is None:
        return f"the module `{module}` is no longer in the catalog; what ran goes on"
    return f"the module `{module}` has errors at the tip; what ran, {ran.version}, goes on"


def _pin(wish: str, there: Sequence[Carried]) -> str:
    fitting = [each for each in there if takes(wish, each.version)]
    if fitting:
        newest = max(fitting, key=lambda each: order(each.version))
        return f"mend the module, or write `version: {newest.version}`"
    return "mend the module"


def _gone(module: str, wish: str, there: Sequence[Carried]) -> Nothing:
    if not there:
        return Nothing(f"there is no module `{module}`")
    fitting = [each for each in there if takes(wish, each.version)]
    best = max(fitting or there, key=lambda each: order(each.version))
    return Nothing(
        f"the module `{module}` is no longer in the catalog; it had {listed(there)}",
        f"pin one of them, such as `version: {best.version}`, or deploy another module",
        goes_on=bool(fitting),
    )


def _unmet(module: str, wish: str, tip: Tip, there: Sequence[Carried]) -> Nothing:
    others = [each for each in there if each.version != tip.version]
    before = f", and was at {listed(others)}" if others else ""
    return Nothing(
        f"nothing meets `{wish}`: `{module}` is at {tip.version}{before}",
        f"write `version: ^{tip.version}`",
    )
