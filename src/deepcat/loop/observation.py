"""What is really there: all that bears the catalog's owner tag, as the kinds of cloud list it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.clouds.kind import Found, Listing
    from deepcat.plan.values import State


@dataclass(frozen=True, slots=True)
class Observation:
    """All that bears the catalog's owner tag, as far as the kinds of cloud could look.

    Attributes:
        listings: one of each kind that answered.
    """

    listings: tuple[Listing, ...]

    @property
    def found(self) -> dict[str, Found]:
        """What is there, by deployment's name."""
        return {each.name: each for listing in self.listings for each in listing.found}

    @property
    def unseen(self) -> tuple[str, ...]:
        """What could not be looked at, in words."""
        return tuple(listing.detail for listing in self.listings if listing.detail)

    def covers(self, state: State) -> bool:
        """Whether a deployment would have been found if it were there."""
        machine = state.resources.get("machine")
        return any(
            listing.machine == machine if listing.machine else state.cloud in listing.clouds
            for listing in self.listings
        )

    def tagged(self) -> dict[str, State]:
        """What the owner tags say, by deployment's name; those that can be read."""
        from deepcat.runs.state import from_tag

        states = {}
        for name, each in self.found.items():
            with suppress(ValueError):
                states[name] = from_tag(each.owner)
        return states

    def dead(self, states: Iterable[State]) -> Collection[str]:
        """The names of those that should run where somebody looked, and do not."""
        found = self.found
        return frozenset(
            state.name
            for state in states
            if self.covers(state)
            and not (state.name in found and is_up(found[state.name].up, state))
        )


def is_up(up: Collection[str], state: State) -> bool:
    """Whether all programs of a deployment are among those that run."""
    return set(up).issuperset(state.resources.get("programs", ()))


def observe(root: Path, clouds: Mapping[str, Cloud]) -> Observation:
    """Ask every kind of cloud what is there.

    Args:
        root: the catalog's folder.
        clouds: of the catalog, by name; a kind that needs none of their files is asked without.
    """
    from deepcat.clouds import registry
    from deepcat.clouds.kind import Means

    return Observation(registry.observe(clouds, Means(root)))
