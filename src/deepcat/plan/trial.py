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
        cost: of all together; 0 for no bound.
        currency: the catalog's; empty where nobody says.
    """

    wish: str
    number: int
    most: int
    parallel: int
    seconds: float = 0.0
    cost: float = 0.0
    currency: str = ""


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


def bound(trial: TrialOf, price_hour: float) -> str:
    """The most that a sweep takes, in words; as of `line`."""
    hours = trial.seconds * trial.most / _HOUR
    cost = most_cost(trial, price_hour)
    price = f"a cost of {cost:.4g} {trial.currency}".rstrip()
    if hours:
        return f"in all {hours:.4g} h of running, {price if cost else 'no cost'}"
    if cost:
        return f"in all {price}, without a bound of time"
    return f"without a bound of time{' or cost' if price_hour else ', at no cost'}"


def most_cost(trial: TrialOf, price_hour: float) -> float:
    """The most that a sweep costs, in the catalog's currency; 0 for no bound, or no price."""
    return trial.cost or trial.seconds * trial.most / _HOUR * price_hour
