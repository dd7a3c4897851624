"""Where to try next after a failure, and what is taken there. Pure."""

from __future__ import annotations

from deepcat.clouds.checks import hosts
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.runs.values import Job

# What a host shares with all shapes of its cloud, or may.
_OF_THE_HOST = ("run/port", "run/disk-full", "run/memory", "run/cards")
# Of what is the cloud's fault, what no other host of it can do better.
_OF_THE_CLOUD = (
    "run/kind",
    "run/apart",
    "run/cloud",
    "run/role",
    "run/missing",
    "catalog/id",
    "deepcat/bug",
)


def remaining(
    offers: tuple[Offer, ...], failure: Failure, cloud: str, shape: str, *, apart: bool
) -> tuple[Offer, ...]:
    """The offers that may do better, in order.

    A mistake in the module, and a secret of its own that is not to be had, are the same everywhere.
    What is full may have room in another shape; what refuses our credentials is left as a whole. So
    is what is broken, unless the cloud's hosts stand apart: then only the host is left.

    Args:
        offers: not tried yet.
        failure: of the last one.
        cloud: where that was.
        shape: in which shape.
        apart: whether each shape of that cloud is a host of its own.
    """
    if not failure.is_retried_elsewhere:
        return ()
    rest = tuple(offer for offer in offers if (offer.cloud, offer.shape) != (cloud, shape))
    if failure.kind is FailureKind.CAPACITY and (apart or failure.code not in _OF_THE_HOST):
        return rest
    if failure.kind is FailureKind.CLOUD and apart and failure.code not in _OF_THE_CLOUD:
        return rest
    return tuple(offer for offer in rest if offer.cloud != cloud)


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
