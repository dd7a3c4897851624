"""A cloud's offers in a few words, for a list of clouds. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from deepcat.clouds.checks import hardware
from deepcat.clouds.offers import Offer
from deepcat.quantities import human_time

_MOST = 3


def gpus(offers: Sequence[Offer]) -> str:
    """The accelerators that a cloud has: ``2 × A100-40GB, 4 × T4``, by the host."""
    named = dict.fromkeys(hardware(offer) for offer in offers if offer.accelerators)
    return _some(list(named)) or "none"


def free(offers: Sequence[Offer]) -> str:
    """How much is free: hosts, or that a host is shared, or that nobody can tell."""
    offers = [offer for offer in offers if not offer.down]
    counted = [offer.free for offer in offers if offer.free is not None]
    if counted:
        more = "" if len(counted) == len(offers) else "+"
        # Shapes of a pool are cut from the same hosts.
        is_pool = any(offer.pool for offer in offers)
        return f"{max(counted) if is_pool else sum(counted)}{more}"
    return "shared" if any(offer.shared for offer in offers) else "?"


def price(offers: Sequence[Offer]) -> str:
    """What a host costs an hour, from the cheapest to the dearest."""
    asked = sorted({offer.price for offer in offers})
    if not asked:
        return "?"
    ends = asked if len(asked) == 1 else [asked[0], asked[-1]]
    return "–".join(f"{each:.4g}" for each in ends)


def wait(offers: Sequence[Offer]) -> str:
    """How long the offer that waits least waits."""
    least = min((offer.wait_s for offer in offers), default=0.0)
    return human_time(least) if least else "none"


def _some(words: Sequence[str]) -> str:
    left = len(words) - _MOST
    return ", ".join([*words[:_MOST], *([f"{left} more"] if left > 0 else [])])
