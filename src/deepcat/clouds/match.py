"""Which offers meet a request, in which order, and why the others do not. Pure.

Hard filters first (`checks`), then one score (`score`). Where models are named in an order of
preference, an offer with an earlier one goes before every offer with a later one; inside a tier the
score decides, and between equal scores the names of cloud and shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from deepcat.clouds.market import Market, Scored
from deepcat.clouds.offers import Offer, Rejection
from deepcat.clouds.request import Request

__all__ = ["Match", "Rejections", "Scored", "match"]


class Match:
    """The answer to one request; what costs time is worked out when it is asked for."""

    def __init__(self, request: Request, market: Market) -> None:
        self.request = request
        self.market = market

    def __iter__(self) -> Iterator[Scored]:
        """The offers that meet the request, best first."""
        return self.market.ranked(self.request)

    @cached_property
    def scored(self) -> tuple[Scored, ...]:
        """All of them, best first, with their scores."""
        return tuple(self)

    @property
    def ranked(self) -> tuple[Offer, ...]:
        """All of them, best first."""
        return tuple(scored.offer for scored in self.scored)

    @property
    def parts(self) -> tuple[tuple[str, Match], ...]:
        """Machine of the topology -> its own answer, where machines ask for different hosts."""
        return tuple((name, Match(asked, self.market)) for name, asked in self.request.parts)

    @property
    def is_met(self) -> bool:
        """Whether there is an offer; for every part, where there are parts."""
        if self.request.parts:
            return all(found.is_met for _, found in self.parts)
        return next(iter(self), None) is not None

    @property
    def rejected(self) -> Rejections:
        """All others, by cloud and shape, with every reason."""
        return Rejections(self.request, self.market)


@dataclass(frozen=True, slots=True, eq=False)
class Rejections(Sequence[Rejection]):
    """The offers that do not meet a request, each with its reasons; worded when read.

    A cloud none of whose offers can be used for a reason that they share is one entry with an
    empty shape. Those that met it but are spent, by quota or because others take them, are `spent`.
    Of a request in parts, only what no part can use is here.
    """

    request: Request
    market: Market
    spent: tuple[Rejection, ...] = ()

    def _all(self) -> tuple[Rejection, ...]:
        by_part = bool(self.request.parts)
        found = tuple(
            _of_no_part(self.request, self.market)
            if by_part
            else self.market.rejected(self.request)
        )
        if self.spent:
            return tuple(sorted((*found, *self.spent), key=lambda each: (each.cloud, each.shape)))
        return found

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Rejection]:
        return iter(self._all())

    def __getitem__(self, index: int) -> Rejection:  # type: ignore[override]
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self.request)


def _of_no_part(request: Request, market: Market) -> Iterator[Rejection]:
    """The offers that no part can use, with every part's reasons."""
    by_part = [
        (part, {(each.cloud, each.shape): each.reasons for each in market.rejected(asked)})
        for part, asked in request.parts
    ]
    _, first = by_part[0]
    for (cloud, shape), reasons in first.items():
        if not shape:
            yield Rejection(cloud, "", reasons)  # what looks at the cloud looks at no part
        elif all((cloud, shape) in own for _, own in by_part):
            said = (f"{part}: {why}" for part, own in by_part for why in own[cloud, shape])
            yield Rejection(cloud, shape, tuple(said))


def match(request: Request, offers: Sequence[Offer] | Market) -> Match:
    """Meet a request with every offer.

    Args:
        request: what is asked.
        offers: what there is, in any order; or a market, when many requests meet the same offers.
    """
    return Match(request, offers if isinstance(offers, Market) else Market(offers))
