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
    weights = PREFERENCES.get(request.prefer) or PREFERENCES["price"]
    success = 1.0 - min(offer.failure_rate, _WORST)
    good = success * (offer.sla or UNPROMISED)
    cost = offer.price * hosts / good + weights.lost * (1.0 / good - 1.0)
    if offer.wait_s:
        cost += weights.wait * offer.wait_s / (3600.0 * request.hours * success)
    if request.data:
        cost += weights.data * sum(name not in offer.data for name in request.data)
    return cost
