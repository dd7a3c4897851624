"""A deployment whose machines ask for different hosts: each part on its own shape, on one cloud.

Pure. On a cloud that shares its hosts all parts lie together, as a deployment in one part does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from deepcat.clouds import checks
from deepcat.clouds.market import Market, Scored
from deepcat.clouds.offers import Offer, Rejection
from deepcat.clouds.request import Request
from deepcat.plan.quota import Capacity
from deepcat.plan.values import Placed

_LOOKED_AT = 64  # shapes of a cloud, for each part


@dataclass(frozen=True, slots=True)
class Option:
    """One cloud on which all parts can be had.

    Attributes:
        lead: the dearest part's offer.
        score: the sum of the parts' scores.
        tiers: for each part, how early its accelerator was named.
        placed: the parts; empty where one offer holds all of them.
        hosts: in all.
        price_hour: in all.
    """

    lead: Offer
    score: float
    tiers: tuple[int, ...]
    placed: tuple[Placed, ...]
    hosts: int
    price_hour: float


def options(
    market: Market, capacity: Capacity, owner: str, request: Request
) -> tuple[list[Option], list[Rejection]]:
    """The clouds that can take all parts, best first, and why the others cannot, as a whole."""
    found: list[Option] = []
    spent: list[Rejection] = []
    for cloud, offers in market.clouds.items():
        if any(check(request, offers[0]) for check in checks.SITE):
            continue  # the market itself says why
        place = _together if offers[0].shared else _apart
        option = place(market, capacity, owner, request, cloud)
        if isinstance(option, Option):
            found.append(option)
        elif option:
            spent.append(Rejection(cloud, "", (option,)))
    order = request.clouds if request.in_order else ()
    rank = {cloud: at for at, cloud in enumerate(order)}

    def best_first(each: Option) -> tuple[tuple[int, ...], int, float, str]:
        return each.tiers, rank.get(each.lead.cloud, 0), each.score, each.lead.cloud

    found.sort(key=best_first)
    return found, spent


def bounds(request: Request, placed: Sequence[Placed]) -> tuple[str, ...]:
    """As `checks.bounds`, for parts that lie where they lie."""
    asked = dict(request.parts)
    found = [check(request, placed[0].offer) for check in checks.LASTING]
    for each in placed:
        own = asked.get(each.part, request)
        reasons = (check(own, each.offer) for check in checks.MAKE)
        found += [f"{each.part}: {reason}" for reason in reasons if reason]
    found.append(_too_dear(request, placed))
    return tuple(dict.fromkeys(filter(None, found)))


def lead(placed: Iterable[Placed]) -> Offer:
    """The offer that stands for all parts: the dearest part's."""
    return max(placed, key=lambda each: (each.price_hour, each.offer.accelerators)).offer


def _together(
    market: Market, capacity: Capacity, owner: str, request: Request, cloud: str
) -> Option | str:
    why = ""
    whole = replace(request, clouds=(cloud,), parts=())
    for scored in islice(market.ranked(whole), _LOOKED_AT):
        why = capacity.full(scored) or capacity.refusal(scored, owner, request) or ""
        if not why:
            tier = (_tier(request, scored.offer),)
            return Option(scored.offer, scored.score, tier, (), scored.hosts, scored.price_hour)
    return why or _nearest(whole, market.clouds[cloud])


def _apart(
    market: Market, capacity: Capacity, owner: str, request: Request, cloud: str
) -> Option | str:
    """The best shapes of a cloud; the cheapest, where those would cost too much together."""
    why = ""
    for prefer in dict.fromkeys((request.prefer, "price")):
        chosen: list[tuple[str, Request, Scored]] = []
        for part, asked in request.parts:
            own = replace(asked, clouds=(cloud,), prefer=prefer)
            besides = [scored for _, _, scored in chosen]
            best = _best(market, capacity, own, besides)
            if isinstance(best, str):
                return f"{part}: {best}"
            chosen.append((part, asked, best))
        placed = tuple(Placed(part, s.offer, s.hosts) for part, _, s in chosen)
        why = _too_dear(request, placed) or capacity.refusal_of(placed, owner) or ""
        if not why:
            return Option(
                lead(placed),
                sum(scored.score for _, _, scored in chosen),
                tuple(_tier(asked, scored.offer) for _, asked, scored in chosen),
                placed,
                sum(each.hosts for each in placed),
                sum(each.price_hour for each in placed),
            )
    return why


def _best(
    market: Market, capacity: Capacity, asked: Request, besides: Sequence[Scored]
) -> Scored | str:
    """The best shape of a cloud for one part, or why there is none: of what comes nearest."""
    why = ""
    for scored in islice(market.ranked(asked), _LOOKED_AT):
        full = capacity.full(scored, _besides(besides, scored.offer))
        if full is None:
            return scored
        why = why or full
    (cloud,) = asked.clouds
    return why or _nearest(asked, market.clouds[cloud])


def _nearest(asked: Request, offers: Sequence[Offer]) -> str:
    """Why the offer that comes nearest does not do."""
    fewest = min((checks.reasons(asked, offer) for offer in offers), key=len)
    return "; ".join(fewest)


def _besides(chosen: Iterable[Scored], offer: Offer) -> int:
    """Hosts of a shape that other parts of the same deployment take."""
    return sum(each.hosts for each in chosen if each.offer == offer)


def _too_dear(request: Request, placed: Sequence[Placed]) -> str:
    total = sum(each.price_hour for each in placed)
    if request.max_price is None or total <= request.max_price:
        return ""
    return f"costs {total:g} an hour for all parts; at most {request.max_price:g} allowed"


def _tier(request: Request, offer: Offer) -> int:
    tiers = (at for at, tier in enumerate(request.tiers) if offer.accelerator in tier)
    return next(tiers, 0)
