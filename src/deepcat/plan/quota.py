"""What is still to be had while a plan is made: free hosts, and what each owner may have.

Law of this file: free hosts only ever go down, so that an offer without any stays without. What an
owner may have can come back, when a deployment of theirs is taken down; so can the accelerators of
a host that is shared. Of those a deployment that is replaced counts once, not twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from deepcat.catalog.wording import count
from deepcat.clouds.market import Market, Scored
from deepcat.clouds.offers import Offer
from deepcat.clouds.quotas import EVERYONE, RESOURCES, TOGETHER, Quotas
from deepcat.clouds.request import Request
from deepcat.plan.values import Placed, QuotaUse

ALL_CLOUDS = ""
# How `Capacity._over` says it.
_OVER = re.compile(r"^of .+ may have \S+; \S+ left, \S+ needed")
_Account: TypeAlias = tuple[str, str]  # cloud, owner


class Capacity:
    """The hosts and quotas that are left, as deployments take them and give them back.

    Args:
        market: whose offers carry the clouds' quotas.
        quotas: what each owner may have over all clouds together.
    """

    def __init__(self, market: Market, quotas: Quotas = ()) -> None:
        self._quotas: dict[str, dict[str, dict[str, float]]] = {
            cloud: _limits(offers[0].quotas)
            for cloud, offers in market.clouds.items()
            if offers[0].quotas
        }
        if quotas:
            self._quotas[ALL_CLOUDS] = _limits(quotas)
        self._before: defaultdict[_Account, dict[str, float]] = defaultdict(dict)
        self._after: defaultdict[_Account, dict[str, float]] = defaultdict(dict)
        self._taken: defaultdict[_Account, int] = defaultdict(int)
        self._touched: set[_Account] = set()
        self._returns: defaultdict[str, int] = defaultdict(int)
        self._held: defaultdict[tuple[str, str], int] = defaultdict(int)  # cloud, shape
        self._ports: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self._freed = 0

    def holds(
        self, offer: Offer, hosts: int, owner: str, request: Request | None, also: bool = False
    ) -> None:
        """Count a deployment that runs there now.

        Args:
            also: it is a further part of a deployment that is counted already; here and below.
        """
        amounts = _amounts(offer, hosts, request, also)
        for account in self._accounts(offer.cloud, owner):
            _add(self._before[account], amounts, 1)
            _add(self._after[account], amounts, 1)
        self._share(offer, request, 1)

    def gives_back(
        self, offer: Offer, hosts: int, owner: str, request: Request | None, also: bool = False
    ) -> None:
        """Count a deployment that will be taken down; the host itself is not given out again."""
        self._returns[owner] += 1
        self._count(offer, owner, _amounts(offer, hosts, request, also), -1)
        self._share(offer, request, -1)

    def takes_again(
        self, offer: Offer, hosts: int, owner: str, request: Request | None, also: bool = False
    ) -> None:
        """Undo `gives_back`: the deployment stays after all."""
        self._count(offer, owner, _amounts(offer, hosts, request, also), 1)
        self._share(offer, request, 1)

    def take(self, scored: Scored, owner: str, request: Request) -> None:
        """Count a deployment that will be brought up."""
        offer = scored.offer
        self._taken[offer.cloud, offer.shape] += scored.hosts
        self._count(offer, owner, _amounts(offer, scored.hosts, request), 1)
        self._share(offer, request, 1)

    def take_parts(self, placed: Sequence[Placed], owner: str) -> None:
        """Count a deployment in parts that will be brought up."""
        for at, each in enumerate(placed):
            self._taken[each.offer.cloud, each.offer.shape] += each.hosts
            self._count(each.offer, owner, _amounts(each.offer, each.hosts, None, at > 0), 1)

    def returns(self, owner: str) -> int:
        """How often something was given back; a refusal of the owner holds until it rises."""
        return self._returns[owner] + self._freed

    def full(self, scored: Scored, besides: int = 0) -> str | None:
        """Why no host is left, for good; None when there is one.

        Args:
            besides: hosts of the shape that other parts of the same deployment take.
        """
        offer = scored.offer
        if offer.free is None or offer.wait_s > 0:
            return None
        left = offer.free - self._taken[offer.cloud, offer.shape]
        if left >= scored.hosts + besides:
            return None
        if besides and left >= scored.hosts:
            return f"{left} free; its other parts take {besides}"
        return f"{offer.free} free; deployments before this one take them"

    def refusal(self, scored: Scored, owner: str, request: Request) -> str | None:
        """Why the owner may not have the offer now; None when it can be had."""
        offer = scored.offer
        crowded = self._crowded(offer, request) if _is_one_host(offer) else None
        if crowded or not self._quotas:
            return crowded
        return self._denied(offer.cloud, owner, lambda: _amounts(offer, scored.hosts, request))

    def refusal_of(self, placed: Sequence[Placed], owner: str) -> str | None:
        """As `refusal`, for a deployment in parts."""

        def amounts() -> dict[str, float]:
            total: dict[str, float] = {}
            for at, each in enumerate(placed):
                _add(total, _amounts(each.offer, each.hosts, None, at > 0), 1)
            return total

        return self._denied(placed[0].offer.cloud, owner, amounts) if self._quotas else None

    def _denied(
        self, cloud: str, owner: str, amounts: Callable[[], dict[str, float]]
    ) -> str | None:
        asked: dict[str, float] | None = None
        for account in self._accounts(cloud, owner):
            limits = self._granted(*account)
            if limits:
                asked = asked or amounts()
                why = self._over(*account, limits, asked)
                if why:
                    return why
        return None

    def uses(self) -> tuple[QuotaUse, ...]:
        """What the plan does to each owner's accounts that it touches."""
        return tuple(
            QuotaUse(cloud, owner, resource, before, after, limit)
            for cloud, owner in sorted(self._touched)
            for resource in RESOURCES
            for before, after, limit in [self._use((cloud, owner), resource)]
            if limit is not None or (cloud and before != after)
        )

    def _use(self, account: _Account, resource: str) -> tuple[float, float, float | None]:
        limit = self._granted(*account).get(resource)
        before, after = self._before[account], self._after[account]
        return round(before.get(resource, 0.0), 6), round(after.get(resource, 0.0), 6), limit

    def _accounts(self, cloud: str, owner: str) -> Iterator[_Account]:
        """In whose limits it counts: the owner's there and over all clouds, and everybody's."""
        yield cloud, owner
        yield ALL_CLOUDS, owner
        if TOGETHER in self._quotas.get(cloud, ()):
            yield cloud, TOGETHER

    def _count(self, offer: Offer, owner: str, amounts: Mapping[str, float], sign: int) -> None:
        for account in self._accounts(offer.cloud, owner):
            self._touched.add(account)
            _add(self._after[account], amounts, sign)

    def _share(self, offer: Offer, request: Request | None, sign: int) -> None:
        """Count accelerators, and ports that wishes name, of a host that deployments share."""
        if not _is_one_host(offer) or request is None:
            return
        where = offer.cloud, offer.shape
        if request.total.accelerators:
            self._held[where] += sign * request.total.accelerators
        for port in request.ports:
            self._ports[where][port] += sign
        self._freed += sign < 0 and bool(request.total.accelerators or request.ports)

    def clash(self, offer: Offer, request: Request, own: int = 0) -> str | None:
        """Why the ports that a wish names are not to be had on a host; None when they are.

        Args:
            own: how often they are counted for the very deployment that is asked about.
        """
        held = self._ports[offer.cloud, offer.shape] if _is_one_host(offer) else Counter()
        taken = [port for port in request.ports if held.get(port, 0) > own]
        if not taken:
            return None
        return f"another deployment has the port {taken[0]} of the host, and the wish names it"

    def _crowded(self, offer: Offer, request: Request) -> str | None:
        if clash := self.clash(offer, request):
            return clash
        asked = request.total.accelerators
        left = max(offer.accelerators - self._held[offer.cloud, offer.shape], 0)
        if asked <= left:
            return None
        return f"{left} of its {count(offer.accelerators, 'accelerator')} left, {asked} needed"

    def _granted(self, cloud: str, owner: str) -> Mapping[str, float]:
        quotas = self._quotas.get(cloud)
        if not quotas:
            return {}
        if owner == TOGETHER:
            return quotas[TOGETHER]
        return quotas.get(owner) or quotas.get(EVERYONE) or {}

    def _over(
        self, cloud: str, owner: str, limits: Mapping[str, float], amounts: Mapping[str, float]
    ) -> str | None:
        used = self._after[cloud, owner]
        for resource, limit in limits.items():
            left = limit - used.get(resource, 0.0)
            if amounts[resource] > left + 1e-9:
                where = f"in {cloud}" if cloud else "over all clouds"
                return (
                    f"of {RESOURCES[resource]} {where} {owner or 'an owner without a name'} may"
                    f" have {limit:g}; {max(left, 0):g} left, {amounts[resource]:g} needed"
                )
        return None


def _is_one_host(offer: Offer) -> bool:
    """Whether its deployments share one host."""
    return offer.shared and not offer.pool


def is_of_quota(reason: str) -> bool:
    """Whether a reason is what `Capacity.refusal` says of a quota."""
    return _OVER.search(reason) is not None


def _limits(quotas: Quotas) -> dict[str, dict[str, float]]:
    return {owner: dict(limits) for owner, limits in quotas}


def _add(account: dict[str, float], amounts: Mapping[str, float], sign: int) -> None:
    for resource, amount in amounts.items():
        account[resource] = account.get(resource, 0.0) + sign * amount


def _amounts(
    offer: Offer, hosts: int, request: Request | None, also: bool = False
) -> dict[str, float]:
    """What a deployment takes: whole hosts, or its own part where hosts are shared."""
    if offer.shared and request is not None:
        total = request.total
        accelerators, cpus, memory = total.accelerators, total.cpus, total.memory_MiB
    else:
        accelerators = hosts * offer.accelerators
        cpus, memory = hosts * offer.cpus, hosts * offer.memory_MiB
    return {
        "deployments": 0.0 if also else 1.0,
        "accelerators": float(accelerators),
        "cpus": float(cpus),
        "memory": float(memory),
        "price_hour": hosts * offer.price,
    }
