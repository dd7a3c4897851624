"""Giving out places: the best offer that is still to be had, and where to go if it fails."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from deepcat.clouds import accelerators
from deepcat.clouds.market import Market, Scored
from deepcat.clouds.match import Rejections
from deepcat.clouds.offers import Offer, Rejection
from deepcat.clouds.request import Request
from deepcat.plan.parts import options
from deepcat.plan.quota import Capacity
from deepcat.plan.values import Placed

FALLBACKS = 8
_REASONS_SHOWN = 5
_QUEUES_KEPT = 4096
_LOOKED_AT = 64  # offers, for further fallbacks


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment goes.

    Attributes:
        scored: the offer chosen.
        fallbacks: at most `FALLBACKS`, next best first.
        rejected: all that cannot be used, with reasons.
        parts: where each part goes, where they go to hosts of different shapes; `scored` is then of
            the dearest, with the hosts and the score of all.
        alternatives: as `Change.alternatives`.
    """

    scored: Scored
    fallbacks: tuple[Offer, ...]
    rejected: Rejections
    parts: tuple[Placed, ...] = ()
    alternatives: Mapping[str, tuple[Placed, ...]] = field(default_factory=dict)

    @property
    def price_hour(self) -> float:
        """Of all hosts together."""
        if self.parts:
            return sum(part.price_hour for part in self.parts)
        return self.scored.price_hour


@dataclass(slots=True)
class _Queue:
    """What is left to try for equal requests of one owner.

    Attributes:
        source: not looked at yet.
        ready: looked at, and not full; the best first.
        full: without a free host, for good.
        denied: what quotas forbade when it was looked at last.
        idle_since: the capacity's count of returns when nothing could be had; -1 before.
    """

    source: Iterator[Scored]
    ready: list[Scored] = field(default_factory=list)
    full: list[Rejection] = field(default_factory=list)
    denied: list[Rejection] = field(default_factory=list)
    idle_since: int = -1

    @property
    def spent(self) -> tuple[Rejection, ...]:
        """Offers that meet the request and cannot be had."""
        return (*self.full, *self.denied)


class Placer:
    """Gives out places, each taking from what is left in the capacity."""

    def __init__(self, market: Market, capacity: Capacity) -> None:
        self.market = market
        self.capacity = capacity
        self._queues: OrderedDict[tuple[str, Request], _Queue] = OrderedDict()
        self._spent: dict[tuple[str, Request], tuple[Rejection, ...]] = {}

    def place(self, owner: str, request: Request) -> Place | None:
        """Choose, and count what is taken; None when no offer is left."""
        if request.parts:
            return self._place_parts(owner, request)
        queue = self._queue(owner, request)
        returns = self.capacity.returns(owner)
        if queue.idle_since == returns:
            return None
        usable = self._usable(queue, owner, request)
        if not usable:
            queue.idle_since = returns
            return None
        chosen, *others = usable
        self.capacity.take(chosen, owner, request)
        rejected = Rejections(request, self.market, queue.spent)
        return Place(chosen, tuple(scored.offer for scored in others), rejected)

    def _place_parts(self, owner: str, request: Request) -> Place | None:
        found, spent = options(self.market, self.capacity, owner, request)
        self._spent[owner, request] = tuple(spent)
        if not found:
            return None
        best, *others = found
        scored = Scored(best.lead, best.score, best.hosts)
        if best.placed:
            self.capacity.take_parts(best.placed, owner)
        else:
            self.capacity.take(scored, owner, request)
        leads = [best.lead, *(other.lead for other in others)]
        leads += self._for_all(owner, request, leads) if best.placed else []
        return Place(
            scored,
            tuple(leads[1 : FALLBACKS + 1]),
            Rejections(request, self.market, tuple(spent)),
            best.placed,
            {f"{o.lead.cloud}/{o.lead.shape}": o.placed for o in others if o.placed},
        )

    def _for_all(self, owner: str, request: Request, known: Collection[Offer]) -> Iterator[Offer]:
        """Further offers, whose one shape does for all parts; the best first."""
        whole = replace(request, parts=())
        ranked = islice(self.market.ranked(whole), _LOOKED_AT)
        usable = (
            scored.offer
            for scored in ranked
            if scored.offer not in known
            and not self.capacity.full(scored)
            and not self.capacity.refusal(scored, owner, whole)
        )
        return islice(usable, FALLBACKS)

    def refusal(self, owner: str, request: Request) -> tuple[str, ...]:
        """Why no offer is left, the most frequent reasons first."""
        total = len(self.market.offers)
        if not total:
            return ("no cloud offers anything",)
        counts: Counter[str] = Counter()
        spent = self._spent.get((owner, request), ())
        spent = spent if request.parts else self._queue(owner, request).spent
        for rejection in Rejections(request, self.market, spent):
            share = 1 if rejection.shape else len(self.market.clouds[rejection.cloud])
            for reason in rejection.reasons:
                counts[reason] += share
        shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_REASONS_SHOWN]
        what = f"none of the {total} offers" if total > 1 else "the one offer there is cannot"
        head = f"{what} can be used" if total > 1 else f"{what} be used"
        return (head, *_unknown(request), *(f"{why} ({count} of {total})" for why, count in shown))

    def _queue(self, owner: str, request: Request) -> _Queue:
        queue = self._queues.get((owner, request))
        if queue is None:
            queue = self._queues[owner, request] = _Queue(self.market.ranked(request))
            if len(self._queues) > _QUEUES_KEPT:
                self._queues.popitem(last=False)
        return queue

    def _usable(self, queue: _Queue, owner: str, request: Request) -> list[Scored]:
        """The first offers that can be had; what is full is put aside for good.

        Where the first ones are all of one cloud, the last one is of another, if there is one.
        """
        found: list[Scored] = []
        ready: list[Scored] = []
        queue.denied = []
        waiting = iter(queue.ready)
        for scored in chain(waiting, queue.source):
            where = scored.offer.cloud, scored.offer.shape
            why = self.capacity.full(scored)
            if why is not None:
                queue.full.append(Rejection(*where, (why,)))
                continue
            ready.append(scored)
            why = self.capacity.refusal(scored, owner, request)
            if why is not None:
                queue.denied.append(Rejection(*where, (why,)))
                continue
            found.append(scored)
            if len(found) > FALLBACKS and (self._is_spread(found) or len(found) > _LOOKED_AT):
                break
        queue.ready = [*ready, *waiting]
        return [*found[:FALLBACKS], *found[FALLBACKS:][-1:]]

    def _is_spread(self, found: Collection[Scored]) -> bool:
        """Whether they are of several clouds, as far as there are: one may fail as a whole."""
        return len(self.market.clouds) < 2 or len({each.offer.cloud for each in found}) > 1


def _unknown(request: Request) -> tuple[str, ...]:
    """A word for each accelerator asked for that the table does not know."""
    found = []
    for model in request.accelerator.models:
        if not accelerators.variants(model):
            like = accelerators.nearest(model)
            hint = f"; did you mean `{like}`?" if like else ""
            found.append(f"no accelerator is known as `{model}`{hint}")
    return tuple(found)
