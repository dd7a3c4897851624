"""What a plan says of a training that is one of a sweep. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Of a wish without a file: the sweep that it is a trial of, the deployment whose file asks for
# it, and the metric by which its trials are compared.
SWEEP: Final = "x-sweep"
OF: Final = "x-sweep-of"
METRIC: Final = "x-sweep-metric"
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class TrialOf:
    """A trial's place in its sweep.

    Attributes:
        wish: the deployment whose file asks for the sweep.
        number: which one this is, from 1.
        most: so many trainings there are at most.
        parallel: so many go side by side.
        seconds: that each may run; 0 for no bound.
        cost: of all together, in the catalog's currency; 0 for no bound.
    """

    wish: str
    number: int
    most: int
    parallel: int
    seconds: float = 0.0
    cost: float = 0.0


def line(trial: TrialOf, price_hour: float) -> str:
    """A trial in words, with the most that its sweep takes.

    Args:
        trial: its place.
        price_hour: of where it would run.
    """
    head = (
        f"training {trial.number} of at most {trial.most} of the sweep `{trial.wish}`,"
        f" {trial.parallel} side by side"
    )
    return f"{head}: {bound(trial, price_hour)}"


def bound(trial: TrialOf, price_hour: float, currency: str = "") -> str:
    """The most that a sweep takes, in words; as of `line`."""
    hours = trial.seconds * trial.most / _HOUR
    cost = most_cost(trial, price_hour)
    time = f"{hours:.4g} h of running" if hours else "no bound of time"
    price = f"a cost of {cost:.4g} {currency}".rstrip()
    if not cost:
        price = "no bound of cost" if price_hour else "no cost"
    return f"in all {time}, {price}"


def most_cost(trial: TrialOf, price_hour: float) -> float:
    """The most that a sweep costs, in the catalog's currency; 0 for no bound, or no price."""
    return trial.cost or trial.seconds * trial.most / _HOUR * price_hour
