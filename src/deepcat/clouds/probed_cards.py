"""From what a host's driver says of its graphics cards to what is offered of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from deepcat.clouds.accelerators import memory_of_profile
from deepcat.host.cards import Card


def of_cards(
    named: Sequence[tuple[str, int]], listed: Sequence[Card], taken: Collection[str]
) -> tuple[dict[str, Any], str]:
    """What a `Shape` says of a host's cards, and what is odd about them, in words.

    Of different cards in one host none is offered: nobody could choose among them.

    Args:
        named: name and MiB of each card, split or not.
        listed: whole cards, and the parts of those that are split.
        taken: UUIDs of those that others compute on.
    """
    names = sorted({name for name, _ in named})
    if len(names) != 1:
        odd = f"{len(names)} different GPUs ({', '.join(names)}); none is offered"
        return {"accelerators": 0}, odd if names else ""
    known = {"accelerator": names[0]}
    free = [card for card in listed if card.uuid not in taken]
    profiles = sorted({card.profile for card in listed if card.profile})
    if profiles and all(card.profile for card in listed):
        counts = (sum(card.profile == each for card in free) for each in profiles)
        memory = min(map(memory_of_profile, profiles))
        found = {"mig": tuple(profiles), "accelerators": min(counts), "memory_MiB_each": memory}
        return known | found, ""
    whole = sum(not card.profile for card in free) if listed else len(named)
    return known | {"accelerators": whole, "memory_MiB_each": min(size for _, size in named)}, ""
