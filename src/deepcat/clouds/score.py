"""The one score: the expected cost of each useful hour, in the catalog's currency. Pure.

An hour is useful when the run neither waits, nor has failed, nor is down. Of a run that shall be
useful for H hours on an offer with price P (all hosts), failure rate f, promised availability a and
queue wait w (hours):

    good  = (1 - f) × a                  the share of paid hours that are useful
    lost  = 1 / good - 1                 hours not useful, for each useful one
    score = P / good + V_lost × lost + V_wait × w / (H × (1 - f)) + V_data × missing

where `missing` is the number of data sets asked for that do not lie there. An availability that
nobody promised counts as `UNPROMISED`. `prefer` sets what an hour lost, an hour waited and a data
set to be fetched are held to cost:

    prefer   V_lost   V_wait   V_data
    price      0.1      0.1     0.01     the money counts; the rest decides between equal prices
    wait       0.1     1000     0.01     soonest first
    sla       1000      0.1     0.01     surest first
    data       0.1      0.1     1000     where the data lies first
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request

UNPROMISED = 0.9
_WORST = 0.99


@dataclass(frozen=True, slots=True)
class Weights:
    """What is held to cost how much; currency an hour."""

    lost: float
    wait: float
    data: float


PREFERENCES = {
    "price": Weights(0.1, 0.1, 0.01),
    "wait": Weights(0.1, 1000.0, 0.01),
    "sla": Weights(1000.0, 0.1, 0.01),
    "data": Weights(0.1, 0.1, 1000.0),
}


def score(request: Request, offer: Offer, hosts: int) -> float:
    """The expected cost of each useful hour; the less, the better."""
    return all_scores(request, (offer,), columns((offer,)), (hosts,))[0]


@dataclass(frozen=True, slots=True)
class Columns:
    """Of many offers, what the score is made of, so that all are scored in one sweep.

    Attributes:
        price: for a useful hour of one host: ``P / good``.
        lost: ``1 / good - 1``.
        wait: ``w / (1 - f)``, hours.
    """

    price: Sequence[float]
    lost: Sequence[float]
    wait: Sequence[float]


def columns(offers: Sequence[Offer]) -> Columns:
    """Work out once what does not depend on the request."""
    success = [1.0 - min(offer.failure_rate, _WORST) for offer in offers]
    good = [s * (offer.sla or UNPROMISED) for s, offer in zip(success, offers, strict=True)]
    return Columns(
        array("d", [offer.price / g for offer, g in zip(offers, good, strict=True)]),
        array("d", [1.0 / g - 1.0 for g in good]),
        array("d", [o.wait_s / 3600.0 / s for o, s in zip(offers, success, strict=True)]),
    )


def all_scores(
    request: Request, offers: Sequence[Offer], known: Columns, hosts: Sequence[int] | None
) -> list[float]:
    """As `score`, for all offers at once.

    Args:
        hosts: how many of each offer are taken; None for one of each.
    """
    weights = PREFERENCES.get(request.prefer) or PREFERENCES["price"]
    lost, wait = weights.lost, weights.wait / request.hours
    rows = zip(known.price, known.lost, known.wait, strict=True)
    if hosts is None:
        found = [p + lost * l_ + wait * w for p, l_, w in rows]
    else:
        found = [h * p + lost * l_ + wait * w for h, (p, l_, w) in zip(hosts, rows, strict=True)]
    if request.data:
        missing = (sum(name not in offer.data for name in request.data) for offer in offers)
        found = [cost + weights.data * n for cost, n in zip(found, missing, strict=True)]
    return found
