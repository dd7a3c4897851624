"""Which clouds could take a module now, at what price, and why the others not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.clouds.market import Market, Scored
from deepcat.clouds.match import Match, match
from deepcat.clouds.offers import Rejection
from deepcat.clouds.request import Request, request_for

MANY = 8


@dataclass(frozen=True, slots=True)
class Where:
    """The matcher's answer for a page.

    Attributes:
        profile: ``serve`` or ``train``.
        ranked: offers that could take it, cheapest first, at most `MANY`.
        more: how many further ones there are.
        rejected: the others, with every reason.
    """

    profile: str
    ranked: tuple[Scored, ...]
    more: int
    rejected: tuple[Rejection, ...]


def where(module: Module, market: Market, profile: str = "serve") -> Where:
    """Ask the matcher for a module as its metadata describes it."""
    kept = _KEPT.setdefault(market, {})
    key = f"{profile} {module.data.get('resources')!r}"
    if key not in kept:
        kept[key] = _where(profile, match(_request(module, profile), market))
    return kept[key]


# Many modules need the same: the answer is worked out once for each market and need.
_KEPT: WeakKeyDictionary[Market, dict[str, Where]] = WeakKeyDictionary()


def _request(module: Module, profile: str) -> Request:
    wish = Deployment(
        name=module.name,
        path="",
        module=module.name,
        version=module.version,
        profile=profile,
        inputs={},
        accelerator=None,
        placement=Placement(),
        lifetime_s=None,
        owner="",
        data={},
    )
    # What ends a training is said by a wish, and there is none yet.
    return replace(request_for(wish, module, ()), unlimited=False)


def _where(profile: str, answer: Match) -> Where:
    scored = answer.scored
    rejected = tuple(answer.rejected)
    return Where(profile, scored[:MANY], max(len(scored) - MANY, 0), rejected[: 4 * MANY])
