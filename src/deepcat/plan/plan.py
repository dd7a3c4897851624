"""Wishes minus states: the plan. Pure; the same input gives the same plan.

What runs stays where it is as long as its bounds allow it; only what is new, or must be replaced,
is placed. Places are given out in the order of the deployments' names, and each takes from what is
left of free hosts and quotas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from deepcat.clouds import checks
from deepcat.clouds.market import Market, Scored
from deepcat.clouds.match import Rejections
from deepcat.clouds.offers import Offer
from deepcat.clouds.quotas import Quotas
from deepcat.clouds.request import Request, request_for
from deepcat.clouds.score import score
from deepcat.plan import access, bounded, digests, moving, parts, training
from deepcat.plan.changes import Difference, difference
from deepcat.plan.given import fixed_ports
from deepcat.plan.lifetime import expired, lost_too_often, not_again, starved_too_often
from deepcat.plan.pairs import Pair, pair_up
from deepcat.plan.place import Place, Placer
from deepcat.plan.quota import Capacity
from deepcat.plan.steps import after, deletion, fetching, guarded, renamed, steps, unboxed
from deepcat.plan.trial import OF, line
from deepcat.plan.values import Action, Cause, Change, Placed, Plan, State, Status, Wish

Leaving = Callable[[State, Wish | None], Sequence[str]]

_PLACED = (Action.CREATE, Action.REPLACE)
# Something of the deployment may exist on its cloud.
_THERE = (Status.RUNNING, Status.PENDING, Status.STOPPING)


def make_plan(
    wishes: Sequence[Wish],
    states: Sequence[State],
    offers: Sequence[Offer] | Market,
    commit: str,
    *,
    now: datetime | None = None,
    held: Mapping[str, Collection[str]] | None = None,
    quotas: Quotas = (),
    leaving: Leaving = lambda *_: (),
    lost: Mapping[str, str] | None = None,
    rotated: Mapping[str, Sequence[str]] | None = None,
    times_lost: Mapping[str, int] | None = None,
    times_starved: Mapping[str, int] | None = None,
) -> Plan:
    """Say what must change so that the wishes hold.

    Args:
        wishes: one for each deployment that could be read.
        states: one for each deployment that is known; names are unique in both.
        offers: what there is, in any order.
        commit: the commit that the wishes were read from; empty when the tree has other content.
        now: for lifetimes, with a time zone; None looks at none.
        held: deployment -> why it could not be read. It is left as it is: a file with a mistake
            is not a file that was removed.
        quotas: what each owner may have over all clouds together, as `units.quotas` reads it.
        leaving: what the operations that the old version brings do when it goes, a line each; asked
            only of what goes, with what takes over.
        lost: deployment -> why it is brought up elsewhere although nobody knows whether it runs.
        rotated: deployment -> names of API keys that are others by now than those that count there.
        times_lost: deployment -> how often in a row the place of its training was taken away.
        times_starved: deployment -> how often in a row it was ended for want of memory.
    """
    market = offers if isinstance(offers, Market) else Market(offers)
    held = held or {}
    planner = _Planner(market, now, quotas, leaving, lost or {}, rotated or {})
    planner.times_lost, planner.times_starved = times_lost or {}, times_starved or {}
    pairs = pair_up(wishes, states, held)
    for pair in (*pairs, *(Pair(s.name, None, s) for s in states if s.name in held)):
        planner.count(pair)
    changes = [change for pair in pairs if (change := planner.change(pair)) is not None]
    refusals = planner.refusals | {name: tuple(why) for name, why in held.items()}
    return Plan(
        commit=commit,
        digest=_digest(
            commit, wishes, states, market, held, quotas, rotated or {}, times_lost, times_starved
        ),
        changes=tuple(changes),
        refusals=dict(sorted(refusals.items())),
        quotas=planner.capacity.uses(),
        price_hour_kept=sum(planner.prices.get(name, 0.0) for name in refusals),
    )


class _Planner:
    """Goes through the deployments in order, keeping count."""

    def __init__(
        self,
        market: Market,
        now: datetime | None,
        quotas: Quotas,
        leaving: Leaving,
        lost: Mapping[str, str],
        rotated: Mapping[str, Sequence[str]],
    ) -> None:
        self.times_lost: Mapping[str, int] = {}
        self.times_starved: Mapping[str, int] = {}
        self.lost = lost
        self.rotated = rotated
        self.market = market
        self.leaving = leaving
        self.now = now
        self.capacity = Capacity(market, quotas)
        self.placer = Placer(market, self.capacity)
        self.refusals: dict[str, tuple[str, ...]] = {}
        self.prices: dict[str, float] = {}
        self._steps: dict[tuple[int, Action, int], tuple[str, ...]] = {}

    def count(self, pair: Pair) -> None:
        """Count what a deployment takes and costs now, before anything is given out."""
        state = pair.state
        placed = self._placed_now(state)
        if state is not None and placed and state.status in _THERE:
            request = _request(pair.wish)
            for at, each in enumerate(placed):
                self.capacity.holds(each.offer, each.hosts, state.owner, request, at > 0)
            self.prices[pair.name] = sum(each.price_hour for each in placed)

    def change(self, pair: Pair) -> Change | None:
        """What happens to one deployment; None when it is refused."""
        if pair.wish is None or expired(pair.wish, pair.state, self.now):
            return self._taken_down(pair)
        found = self._difference(pair.wish, pair)
        why = not_again(pair.state) if pair.state and found.action is Action.NONE else ()
        why = why or lost_too_often(pair.wish, pair.state, self.times_lost.get(pair.name, 0))
        starved = self.times_starved.get(pair.name, 0)
        why = why or starved_too_often(pair.wish, pair.state, starved)
        why = why or self._in_the_way(pair, found)
        if why:
            self.refusals[pair.name] = why
            return None
        if found.action in _PLACED:
            return self._placed(pair.wish, pair, found)
        return self._kept(pair.wish, pair, found)

    def _in_the_way(self, pair: Pair, found: Difference) -> tuple[str, ...]:
        """Why what is configured where it runs may not have the ports that it wishes for now."""
        offer, request = self._offer_of(pair.state), _request(pair.wish)
        if found.action is not Action.UPDATE or offer is None or request is None:
            return ()
        return tuple(filter(None, (self.capacity.clash(offer, request, 1),)))

    def _difference(self, wish: Wish, pair: Pair) -> Difference:
        """The diff, and whether the deployment may stay where it is."""
        found = difference(wish, pair.state, self.rotated.get(pair.name, ()))
        if pair.renamed_from:
            cause = Cause("name", pair.renamed_from, pair.name)
            nodes = dict.fromkeys(wish.topology.nodes, Action.REPLACE)
            found = Difference(Action.REPLACE, (cause, *found.causes), nodes)
        if pair.state is None or (found.action in _PLACED and not pair.renamed_from):
            return found
        if pair.state.has_ended or pair.state.status is Status.STOPPED:
            return found
        why = self._must_move(wish, pair.state)
        if why is None:
            return found
        nodes = dict.fromkeys(wish.topology.nodes, Action.REPLACE)
        return Difference(Action.REPLACE, (*found.causes, why), nodes)

    def _must_move(self, wish: Wish, state: State) -> Cause | None:
        """Why a deployment may not stay where it runs."""
        where = f"{state.cloud}/{state.shape}"
        if state.name in self.lost:
            return Cause("placement", where, self.lost[state.name])
        placed = self._placed_now(state)
        if not placed:
            return Cause("placement", where, self._what_is_gone(state))
        request = _request(wish) or Request()
        if state.placements:
            why = parts.bounds(request, placed)
        else:
            why = checks.bounds(request, placed[0].offer)
        return Cause("placement", where, "; ".join(why)) if why else None

    def _what_is_gone(self, state: State) -> str:
        if state.cloud in self.market.clouds:
            return "the offer is gone"
        return f"`clouds/{state.cloud}.yaml` is gone"

    def _left_behind(self, state: State | None) -> tuple[str, ...]:
        """What of a refusal is due to a file that was taken away."""
        if state is None or state.status not in _THERE or state.cloud in self.market.clouds:
            return ()
        return (f"{self._what_is_gone(state)}, and it runs there: it is left as it is",)

    def _taken_down(self, pair: Pair) -> Change | None:
        """What is wished no more, or longer than it may live, goes."""
        state = pair.state
        if state is None:
            return None
        base = self._base(pair, state.module, state.profile)
        if state.status is Status.GONE:
            return replace(base, action=Action.NONE, version=state.version)
        cause = _unwished(state) if pair.wish is None else Cause("lifetime", state.expires, "over")
        if state.status in _THERE:
            for at, each in enumerate(self._placed_now(state)):
                request = _request(pair.wish)
                self.capacity.gives_back(each.offer, each.hosts, state.owner, request, at > 0)
        nodes = dict.fromkeys(pair.wish.topology.nodes if pair.wish else state.nodes, Action.DELETE)
        return replace(
            base,
            action=Action.DELETE,
            causes=(cause,),
            steps=deletion(self.leaving(state, None)),
            nodes=nodes,
            keeps_record=pair.wish is not None,
        )

    def _placed(self, wish: Wish, pair: Pair, found: Difference) -> Change | None:
        request = _request(wish) or Request()
        place = self._stay(pair, found, request) or self._move(wish, pair, request)
        if place is None:
            why = self.placer.refusal(wish.deployment.owner, request)
            self.refusals[pair.name] = (*self._left_behind(pair.state), *why)
            return None
        base = self._base(pair, wish.module.name, wish.deployment.profile)
        moved = moving.line(wish.data, place.scored.offer)
        swept = line(wish.trial, place.price_hour) if wish.trial else ""
        return replace(
            base,
            action=found.action,
            version=wish.module.version,
            causes=found.causes,
            note="; ".join(filter(None, (base.note, moved, swept))),
            offer=place.scored.offer,
            fallbacks=place.fallbacks,
            rejected=place.rejected,
            price_hour=place.price_hour,
            steps=self._replacing(wish, pair, found, place.scored.offer),
            nodes=found.nodes,
            hosts=place.scored.hosts,
            score=place.scored.score,
            placements=place.parts,
            alternatives=place.alternatives,
        )

    def _stay(self, pair: Pair, found: Difference, request: Request) -> Place | None:
        """A deployment that was renamed, and may stay, comes up again where it is."""
        state = pair.state
        offer = self._offer_of(state)
        moved = any(cause.property == "placement" for cause in found.causes)
        if not pair.renamed_from or moved or state is None or offer is None:
            return None
        scored = Scored(offer, score(request, offer, state.hosts), state.hosts)
        own = self._placed_now(state) if state.placements else ()
        return Place(scored, (), Rejections(request, self.market), own)

    def _move(self, wish: Wish, pair: Pair, request: Request) -> Place | None:
        """The best place; what the deployment has now counts no more against its owner."""
        state, placed = pair.state, self._placed_now(pair.state)
        owner = wish.deployment.owner
        if state is None or not placed or state.status not in _THERE:
            return self.placer.place(owner, request)
        for at, each in enumerate(placed):
            self.capacity.gives_back(each.offer, each.hosts, state.owner, request, at > 0)
        place = self.placer.place(owner, request)
        if place is None:
            for at, each in enumerate(placed):
                self.capacity.takes_again(each.offer, each.hosts, state.owner, request, at > 0)
        return place

    def _kept(self, wish: Wish, pair: Pair, found: Difference) -> Change:
        base = self._base(pair, wish.module.name, wish.deployment.profile)
        updates = found.action is Action.UPDATE
        return replace(
            base,
            action=found.action,
            version=wish.module.version,
            causes=found.causes,
            offer=self._offer_of(pair.state) if updates else None,
            price_hour=base.price_hour_before,
            steps=self._lines(wish, found),
            note="; ".join(filter(None, (base.note, _stopped(pair.state)))),
            nodes=found.nodes,
            hosts=pair.state.hosts if pair.state else 1,
            placements=self._placed_now(pair.state) if pair.state and pair.state.placements else (),
        )

    def _base(self, pair: Pair, module: str, profile: str) -> Change:
        state = pair.state
        running = state is not None and state.status in _THERE
        return Change(
            action=Action.NONE,
            deployment=pair.name,
            module=module,
            version="",
            profile=profile,
            renamed_from=pair.renamed_from,
            runs_on=f"{state.cloud}/{state.shape}" if state is not None and running else "",
            price_hour_before=self.prices.get(pair.name, 0.0),
            module_commit=pair.wish.commit if pair.wish else "",
            note=_note(pair.wish) if pair.wish else "",
            lets_in=access.line(pair.wish.deployment.access) if pair.wish else "",
        )

    def _replacing(
        self, wish: Wish, pair: Pair, found: Difference, offer: Offer
    ) -> tuple[str, ...]:
        """The steps, with what the old one does in its place among them."""
        lines, state = unboxed(self._lines(wish, found), offer.lacks), pair.state
        if state is None:
            return lines
        moves = offer.cloud != state.cloud
        leaving = self.leaving(state, None if pair.renamed_from or moves else wish)
        stays = (offer.cloud, offer.shape) == (state.cloud, state.shape)
        return renamed(lines, leaving) if pair.renamed_from and stays else after(lines, leaving)

    def _lines(self, wish: Wish, found: Difference) -> tuple[str, ...]:
        return guarded(self._bare_lines(wish, found), access.line(wish.deployment.access))

    def _bare_lines(self, wish: Wish, found: Difference) -> tuple[str, ...]:
        samples = len(wish.module.samples)
        if found.action is Action.UPDATE:
            return fetching(steps(found.action, wish.topology, samples, found.nodes), wish.roles)
        key = (id(wish.topology), found.action, samples)
        if key not in self._steps:
            given = (found.action, wish.topology, samples, found.nodes)
            self._steps[key] = fetching(steps(*given, wish.proof), wish.roles)
        return self._steps[key]

    def _placed_now(self, state: State | None) -> tuple[Placed, ...]:
        """Where a deployment lies, part by part; empty when an offer of it is gone."""
        if state is None:
            return ()
        if not state.placements:
            offer = self._offer_of(state)
            return (Placed("", offer, state.hosts),) if offer is not None else ()
        found = [
            Placed(each.part, offer, each.hosts)
            for each in state.placements
            if (offer := self.market.find(state.cloud, each.shape)) is not None
        ]
        return tuple(found) if len(found) == len(state.placements) else ()

    def _offer_of(self, state: State | None) -> Offer | None:
        return self.market.find(state.cloud, state.shape) if state is not None else None


def _note(wish: Wish) -> str:
    trains = any(map(training.trains, wish.topology.nodes.values()))
    promised = bounded.promise(wish.module) if trains else ""
    return "; ".join(filter(None, (wish.note, bounded.line(wish.deployment), promised)))


def _stopped(state: State | None) -> str:
    if state is None or state.status is not Status.STOPPED:
        return ""
    return f"it is stopped and takes no host; `deepcat develop {state.name}` goes on there"


def _unwished(state: State) -> Cause:
    if wish := state.asked.get(OF):
        return Cause("sweep", f"deployments/{wish}.yaml", None)
    return Cause("file", f"deployments/{state.name}.yaml", None)


def _request(wish: Wish | None) -> Request | None:
    if wish is None:
        return None
    request = wish.request or request_for(wish.deployment, wish.module, wish.workloads)
    ports = fixed_ports(wish.topology.nodes.values(), wish.deployment.inputs.values())
    return replace(request, ports=ports) if ports else request


def _digest(
    commit: str,
    wishes: Sequence[Wish],
    states: Sequence[State],
    market: Market,
    held: Mapping[str, Collection[str]],
    quotas: Quotas,
    rotated: Mapping[str, Sequence[str]],
    times_lost: Mapping[str, int] | None,
    times_starved: Mapping[str, int] | None,
) -> str:
    ordered = sorted(wishes, key=lambda wish: wish.deployment.name)
    parts = [
        *((w.deployment.name, digests.wish_digest(w.deployment), w.module.digest) for w in ordered),
        *(("access", w.deployment.name, *access.inherited(w.deployment)) for w in ordered),
        *(("state", repr(state)) for state in sorted(states, key=lambda each: each.name)),
        # What others write to a disk meanwhile makes no other plan.
        *(("offer", repr(replace(offer, disk_MiB=0))) for offer in market.offers),
        *((name, *sorted(why)) for name, why in sorted(held.items())),
        *(("rotated", name, *keys) for name, keys in sorted(rotated.items())),
        *(("lost", name, str(times)) for name, times in sorted((times_lost or {}).items())),
        *(("starved", name, str(n)) for name, n in sorted((times_starved or {}).items())),
        ("quotas", repr(quotas)),
    ]
    return digests.digest_of(commit, parts)
