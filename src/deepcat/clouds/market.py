"""All offers, set out so that many requests can be met quickly. Pure.

What depends on the hardware alone is asked once for each make of host, what depends on the cloud
alone once for each cloud, and requests that differ only in whom, where and how dear share one order
of offers. So 100,000 requests do not read 20,000 offers each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from deepcat.clouds import checks
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request
from deepcat.clouds.score import score

_ORDERS_KEPT = 256

_name = attrgetter("cloud", "shape")
_make = attrgetter(
    "accelerator", "accelerators", "memory_MiB_each", "cpus", "memory_MiB",
    "cuda", "driver", "mig", "interconnect",
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
    """Offers that meet a request's needs of hardware, best first, as positions in the market."""

    positions: Sequence[int]
    scores: Mapping[int, float]
    hosts: Mapping[int, int]


class Market:
    """Offers by cloud and by make of host.

    All offers of one cloud share what belongs to the cloud: kind, health, users, profiles.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.offers = tuple(sorted(offers, key=_name))
        self.clouds: dict[str, list[Offer]] = {}
        self._positions: dict[str, list[int]] = {}
        self._makes: dict[tuple[object, ...], list[int]] = {}
        for position, offer in enumerate(self.offers):
            self.clouds.setdefault(offer.cloud, []).append(offer)
            self._positions.setdefault(offer.cloud, []).append(position)
            self._makes.setdefault(_make(offer), []).append(position)
        self._orders: OrderedDict[tuple[object, ...], _Order] = OrderedDict()

    def find(self, cloud: str, shape: str) -> Offer | None:
        """One offer by its names."""
        return next((o for o in self.clouds.get(cloud, ()) if o.shape == shape), None)

    def ranked(self, request: Request) -> Iterator[Scored]:
        """The offers that meet the request, best first, each found when it is asked for."""
        order = self._order(request)
        open_: dict[str, bool] = {}
        bound = request.max_price
        for position in order.positions:
            offer = self.offers[position]
            hosts = order.hosts[position]
            if bound is not None and offer.price * hosts > bound:
                continue
            usable = open_.get(offer.cloud)
            if usable is None:
                usable = not any(check(request, offer) for check in checks.SITE)
                open_[offer.cloud] = usable
            if usable and checks.free(request, offer, hosts) is None:
                yield Scored(offer, order.scores[position], hosts)

    def _order(self, request: Request) -> _Order:
        if request.clouds:
            named = (p for cloud in request.clouds for p in self._positions.get(cloud, ()))
            return self._sort(request, sorted(named))
        key = (request.units, request.accelerator, request.tiers,
               request.prefer, request.data, request.hours)  # fmt: skip
        order = self._orders.get(key)
        if order is None:
            order = self._orders[key] = self._sort(request, None)
            if len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        else:
            self._orders.move_to_end(key)
        return order

    def _sort(self, request: Request, only: Sequence[int] | None) -> _Order:
        """Sort by tier, then score; positions follow the names, so that ties go by name."""
        scores: dict[int, float] = {}
        hosts: dict[int, int] = {}
        tiers: dict[int, list[int]] = {}
        for positions in self._groups(only):
            one = self.offers[positions[0]]
            if any(check(request, one) for check in checks.HARDWARE):
                continue
            taken = checks.hosts(request, one)
            tiers.setdefault(_tier(request, one), []).extend(positions)
            for position in positions:
                hosts[position] = taken
                scores[position] = score(request, self.offers[position], taken)
        for members in tiers.values():
            members.sort()
            members.sort(key=scores.__getitem__)
        return _Order([p for tier in sorted(tiers) for p in tiers[tier]], scores, hosts)

    def _groups(self, only: Sequence[int] | None) -> Iterable[Sequence[int]]:
        if only is None:
            return self._makes.values()
        groups: dict[tuple[object, ...], list[int]] = {}
        for position in only:
            groups.setdefault(_make(self.offers[position]), []).append(position)
        return groups.values()


def _tier(request: Request, offer: Offer) -> int:
    if not offer.accelerators:
        return 0
    return next((i for i, tier in enumerate(request.tiers) if offer.accelerator in tier), 0)
