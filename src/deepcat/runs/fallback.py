"""Where to try next after a failure, and what is taken there. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from deepcat.clouds.checks import hosts
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.runs.values import Job

# What a host shares with all shapes of its cloud, or may.
_OF_THE_HOST = ("run/port", "run/disk-full", "run/memory")


def remaining(offers: tuple[Offer, ...], failure: Failure, cloud: str) -> tuple[Offer, ...]:
    """The offers that may do better, in order.

    A mistake in the module, and a secret of its own that is not to be had, are the same everywhere.
    What is full may have room in another shape; what is broken, or refuses our credentials, is left
    as a whole.
    """
    if not failure.is_retried_elsewhere:
        return ()
    if failure.kind is FailureKind.CAPACITY and failure.code not in _OF_THE_HOST:
        return offers
    return tuple(offer for offer in offers if offer.cloud != cloud)


def refusals(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Those that somebody must mend although it went well elsewhere: credentials refused."""
    return tuple(failure for failure in failures if failure.kind is FailureKind.AUTH)


def taken(job: Job, offer: Offer | None) -> tuple[int, float]:
    """How many hosts the change takes where it is tried, and what they cost an hour."""
    change, wish = job.change, job.wish
    if offer is None or offer == change.offer:
        return change.hosts, change.price_hour
    placed = change.placed_on(offer)
    if placed:
        return sum(each.hosts for each in placed), sum(each.price_hour for each in placed)
    if wish is None or wish.request is None:
        return change.hosts, change.price_hour
    count = hosts(wish.request, offer)
    return count, offer.price * count
