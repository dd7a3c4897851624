"""Where to try next after a failure. Pure."""

from __future__ import annotations

from deepcat.clouds.offers import Offer
from deepcat.runs.values import Failure, Kind


def remaining(offers: tuple[Offer, ...], failure: Failure, cloud: str) -> tuple[Offer, ...]:
    """The offers that may do better, in order.

    A mistake in the module and a credential that is refused are the same everywhere. What is full
    may have room in another shape; what is broken is left as a whole.
    """
    if not failure.kind.is_retried_elsewhere:
        return ()
    if failure.kind is Kind.CAPACITY and failure.code not in ("run/port", "run/disk-full"):
        return offers
    return tuple(offer for offer in offers if offer.cloud != cloud)
