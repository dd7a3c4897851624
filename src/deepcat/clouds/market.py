"""All offers, set out so that many requests can be met quickly. Pure.

Requests that weigh offers alike share one order of all offers, by score. A request walks along it
and asks the hard filters as it goes: those that look at the cloud once for each cloud, those that
look at the hardware once for each make of host. It stops when it has what it was asked for, so
100,000 requests do not read 20,000 offers each.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter

from deepcat.clouds import checks
from deepcat.clouds.offers import Offer, Rejection
from deepcat.clouds.request import Request
from deepcat.clouds.score import Columns, all_scores, columns, score
from deepcat.host.data.address import BY_FUSE

_ORDERS_KEPT = 256
_TIERS_KEPT = 1024

_name = attrgetter("cloud", "shape")
_make = attrgetter(
    "accelerator", "accelerators", "memory_MiB_each", "cpus", "memory_MiB",
    "cuda", "driver", "mig", "interconnect", "shared", "alone",
    "disk_MiB", "most_s", "lacks", "unmounts", "unedits", "down",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scored:
    """An offer that meets a request.

    Attributes:
        offer: the offer.
        score: expected cost of each useful hour; the less, the better.
        hosts: how many hosts are taken.
    """

    offer: Offer
    score: float
    hosts: int

    @property
    def price_hour(self) -> float:
        """Of all hosts together."""
        return self.offer.price * self.hosts


@dataclass(frozen=True, slots=True)
class _Order:
    """All offers, or those of some clouds, by score and then by name.

    Attributes:
        positions: in the market, best first.
        scores: by position in the market.
        hosts: how many each takes, by make; empty when each takes one.
    """

    positions: Sequence[int]
    scores: Sequence[float] | Mapping[int, float]
    hosts: Sequence[int]


class Market:
    """Offers by cloud and by make of host.

    All offers of one cloud share what belongs to the cloud: kind, health, users, profiles.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.offers = tuple(sorted(offers, key=_name))
        self.clouds: dict[str, list[Offer]] = {}
        for offer in self.offers:
            self.clouds.setdefault(offer.cloud, []).append(offer)
        known: dict[tuple[object, ...], int] = {}
        self._make_of = array("I", (known.setdefault(_make(o), len(known)) for o in self.offers))
        self._orders: OrderedDict[tuple[object, ...], _Order] = OrderedDict()
        self._tiers: OrderedDict[tuple[object, ...], dict[int, int]] = OrderedDict()

    @cached_property
    def _examples(self) -> list[Offer]:
        """One offer of each make."""
        found: dict[int, Offer] = {}
        for make, offer in zip(self._make_of, self.offers, strict=True):
            found.setdefault(make, offer)
        return [found[make] for make in range(len(found))]

    @cached_property
    def _spans(self) -> dict[str, range]:
        """Cloud -> the positions of its offers."""
        spans: dict[str, range] = {}
        start = 0
        for cloud, offers in self.clouds.items():
            spans[cloud] = range(start, start + len(offers))
            start += len(offers)
        return spans

    @cached_property
    def _shared_checks(self) -> dict[str, tuple[checks.Check, ...]]:
        """Cloud -> what can be asked of one of its offers for all of them."""
        alike = {cloud for cloud, own in self.clouds.items() if len({o.lacks for o in own}) == 1}
        boxed = (*checks.SITE, checks.boxed)
        return {cloud: boxed if cloud in alike else checks.SITE for cloud in self.clouds}

    @cached_property
    def _columns(self) -> Columns:
        return columns(self.offers)

    def find(self, cloud: str, shape: str) -> Offer | None:
        """One offer by its names."""
        return next((o for o in self.clouds.get(cloud, ()) if o.shape == shape), None)

    def ranked(self, request: Request) -> Iterator[Scored]:
        """The offers that meet the request, best first, each found when it is asked for."""
        order = self._order(request)
        later: list[list[int]] = [[] for _ in request.tiers[1:]]
        first = self._first_tier(request, order, later)
        open_: dict[str, bool] = {}
        hosts, bound = order.hosts, request.max_price
        for position in chain(first, *later):
            offer = self.offers[position]
            taken = hosts[self._make_of[position]] if hosts else 1
            if bound is not None and offer.price * taken > bound:
                continue
            if request.unlimited and offer.price:
                continue
            usable = open_.get(offer.cloud)
            if usable is None:
                usable = open_[offer.cloud] = not any(c(request, offer) for c in checks.SITE)
            if usable and checks.is_free(offer, taken):
                yield Scored(offer, order.scores[position], taken)

    def _first_tier(
        self, request: Request, order: _Order, later: Sequence[list[int]]
    ) -> Iterator[int]:
        """Positions whose hardware does, of the first tier; those of others are put aside."""
        tier_of = self._tiers_for(request)
        make_of, examples = self._make_of, self._examples
        for position in order.positions:
            make = make_of[position]
            tier = tier_of.get(make)
            if tier is None:
                tier = tier_of[make] = _tier(request, examples[make])
            if tier == 0:
                yield position
            elif tier > 0:
                later[tier - 1].append(position)

    def _tiers_for(self, request: Request) -> dict[int, int]:
        """Make -> tier, as far as found out, for all requests that need the same hardware."""
        key = (
            request.units, request.accelerator, request.tiers,
            request.storage_MiB, request.job_s, request.unboxed,
            BY_FUSE in request.asks, checks.EDITOR in request.words,
        )  # fmt: skip
        found = self._tiers.get(key)
        if found is None:
            found = self._tiers[key] = {}
            if len(self._tiers) > _TIERS_KEPT:
                self._tiers.popitem(last=False)
        return found

    def rejected(self, request: Request) -> Iterator[Rejection]:
        """All others, by cloud and shape, with every reason."""
        by_make: dict[int, tuple[str, ...]] = {}
        for cloud, span in self._spans.items():
            site = _reasons(self._shared_checks[cloud], request, self.offers[span.start])
            if site:
                yield Rejection(cloud, "", site)
                continue
            for position in span:
                offer, make = self.offers[position], self._make_of[position]
                found = by_make.get(make)
                if found is None:
                    found = by_make[make] = _reasons(checks.HARDWARE, request, offer)
                last = _reasons(checks.OFFER, request, offer)
                if found or last:
                    yield Rejection(cloud, offer.shape, tuple(dict.fromkeys((*found, *last))))

    def _order(self, request: Request) -> _Order:
        hosts = self._hosts(request)
        if request.clouds:
            spans = (self._spans.get(cloud, range(0)) for cloud in request.clouds)
            some = sorted(position for span in spans for position in span)
            scores = {
                position: score(request, self.offers[position], self._taken(hosts, position))
                for position in some
            }
            if request.in_order:
                rank = {cloud: at for at, cloud in enumerate(request.clouds)}
                some.sort(key=lambda at: (rank[self.offers[at].cloud], scores[at]))
            else:
                some.sort(key=scores.__getitem__)
            return _Order(some, scores, hosts)
        key = (request.prefer, request.data, request.hours, hosts and request.units)
        order = self._orders.get(key)
        if order is None:
            order = self._orders[key] = self._sort(request, hosts)
            if len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        else:
            self._orders.move_to_end(key)
        return order

    def _sort(self, request: Request, hosts: Sequence[int]) -> _Order:
        """Positions follow the names, and sorting is stable, so ties go by name."""
        taken = [hosts[make] for make in self._make_of] if hosts else None
        scores = array("d", all_scores(request, self.offers, self._columns, taken))
        positions = array("I", sorted(range(len(scores)), key=scores.__getitem__))
        return _Order(positions, scores, hosts)

    def _hosts(self, request: Request) -> tuple[int, ...]:
        if len(request.units) == 1 and request.units[0].count == 1:
            return ()
        taken = tuple(checks.hosts(request, offer) for offer in self._examples)
        return taken if any(count != 1 for count in taken) else ()

    def _taken(self, hosts: Sequence[int], position: int) -> int:
        return hosts[self._make_of[position]] if hosts else 1


def _reasons(asked: Iterable[checks.Check], request: Request, offer: Offer) -> tuple[str, ...]:
    return tuple(reason for check in asked if (reason := check(request, offer)))


def _tier(request: Request, offer: Offer) -> int:
    """The tier of a make of host; -1 when its hardware does not do."""
    if any(check(request, offer) for check in checks.HARDWARE):
        return -1
    return next((i for i, tier in enumerate(request.tiers) if offer.accelerator in tier), 0)
