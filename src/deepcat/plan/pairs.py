"""Which wish belongs to which state: by name, or by content where a file was renamed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from deepcat.plan.digests import wish_digest
from deepcat.plan.values import State, Status, Wish


@dataclass(frozen=True, slots=True)
class Pair:
    """One deployment: what is wished of it, what is known of it; at least one of the two.

    Attributes:
        name: the wish's, or else the state's.
    """

    name: str
    wish: Wish | None
    state: State | None

    @property
    def renamed_from(self) -> str:
        """The name under which it runs, when that is another; else empty."""
        if self.wish is None or self.state is None or self.state.name == self.name:
            return ""
        return self.state.name


def pair_up(
    wishes: Iterable[Wish], states: Iterable[State], held: Collection[str]
) -> tuple[Pair, ...]:
    """Every wish with its state, sorted by name; what is held back is left out.

    A state whose file is gone and a wish that is not known, both with the same content, are one
    deployment that was renamed; where several could be meant, the first by name is taken.
    """
    wanted = {wish.deployment.name: wish for wish in wishes if wish.deployment.name not in held}
    known = {state.name: state for state in states if state.name not in held}
    known = {
        name: state
        for name, state in known.items()
        if name in wanted or state.status is not Status.GONE
    }
    renamed = _renamed(wanted, known)
    moved = set(renamed.values())
    names = sorted({*wanted, *known} - moved)
    return tuple(Pair(name, wanted.get(name), known.get(renamed.get(name, name))) for name in names)


def _renamed(wanted: dict[str, Wish], known: dict[str, State]) -> dict[str, str]:
    """New name -> old name."""
    orphans: dict[str, list[str]] = {}
    for name in sorted(set(known) - set(wanted), reverse=True):
        if known[name].status is Status.RUNNING:
            orphans.setdefault(known[name].wish_digest, []).append(name)
    if not orphans:
        return {}
    renamed: dict[str, str] = {}
    for name in sorted(set(wanted) - set(known)):
        same = orphans.get(wish_digest(wanted[name].deployment))
        if same:
            renamed[name] = same.pop()
    return renamed
