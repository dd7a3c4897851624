"""The matcher's laws, for any offers and any request."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat.catalog.values import AcceleratorRequest
from deepcat.clouds.checks import reasons
from deepcat.clouds.match import Market, match
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit, tiers

MODELS = {"A100-40GB": 40_960, "A100-80GB": 81_920, "T4": 16_384, "MI300X": 196_608, "": 0}
SOME = settings(max_examples=80)


@st.composite
def clouds(draw: st.DrawFn, name: str) -> list[Offer]:
    """One cloud: what belongs to the cloud is the same in all its offers."""
    base = Offer(
        cloud=name,
        shape="",
        kind="openstack",
        takes=("job", "service"),
        healthy=draw(st.booleans()),
        sla=draw(st.sampled_from([0.0, 0.9, 0.99])),
        users=draw(st.sampled_from([(), ("ada",), ("@staff",)])),
        profiles=draw(st.sampled_from([(), ("serve",), ("train", "serve")])),
        data=draw(st.sampled_from([(), ("plants",)])),
        failure_rate=draw(st.sampled_from([0.0, 0.25])),
    )
    return [draw(shapes(base, f"s{number}")) for number in range(draw(st.integers(0, 4)))]


@st.composite
def shapes(draw: st.DrawFn, base: Offer, name: str) -> Offer:
    model = draw(st.sampled_from(sorted(MODELS)))
    return replace(
        base,
        shape=name,
        accelerator=model,
        accelerators=draw(st.integers(1, 8)) if model else 0,
        memory_MiB_each=MODELS[model],
        cpus=draw(st.sampled_from([2.0, 8.0, 64.0])),
        memory_MiB=draw(st.sampled_from([4096, 65_536])),
        price=draw(st.sampled_from([0.0, 0.5, 1.25, 3.0])),
        free=draw(st.sampled_from([None, 0, 1, 5])),
        wait_s=draw(st.sampled_from([0.0, 600.0])),
    )


@st.composite
def markets(draw: st.DrawFn) -> list[Offer]:
    names = draw(st.lists(st.sampled_from("abcde"), unique=True, min_size=1))
    return [offer for name in names for offer in draw(clouds(name))]


@st.composite
def requests(draw: st.DrawFn) -> Request:
    models = draw(st.sampled_from([(), ("A100",), ("T4", "A100-80GB"), ("MI300X",)]))
    count = draw(st.integers(0, 4))
    return Request(
        units=(Unit(draw(st.integers(1, 3)), draw(st.sampled_from([0.0, 2.0, 9.0])), 1024, count),),
        accelerator=AcceleratorRequest(
            models=models, memory_MiB=draw(st.sampled_from([0, 20_000, 50_000]))
        ),
        tiers=tiers(models),
        profile=draw(st.sampled_from(["", "serve", "train"])),
        identities=draw(st.sampled_from([("ada",), ("eve", "@staff"), ("eve",)])),
        clouds=draw(st.sampled_from([(), ("a", "b"), ("c",)])),
        max_price=draw(st.sampled_from([None, 0.0, 1.0, 4.0])),
        prefer=draw(st.sampled_from(["price", "wait", "sla", "data"])),
        data=draw(st.sampled_from([(), ("plants",)])),
    )


@SOME
@given(markets(), requests())
def test_every_offer_is_ranked_or_rejected_and_never_both(
    offers: list[Offer], request: Request
) -> None:
    found = match(request, offers)
    ranked = {(offer.cloud, offer.shape) for offer in found.ranked}
    rejected = {
        (offer.cloud, offer.shape)
        for offer in offers
        for each in found.rejected
        if each.cloud == offer.cloud and each.shape in ("", offer.shape)
    }
    assert ranked | rejected == {(offer.cloud, offer.shape) for offer in offers}
    assert not ranked & rejected
    assert len(ranked) == len(found.ranked)


@SOME
@given(markets(), requests())
def test_the_quick_way_agrees_with_the_reasons(offers: list[Offer], request: Request) -> None:
    expected = {(o.cloud, o.shape) for o in offers if not reasons(request, o)}
    assert {(o.cloud, o.shape) for o in match(request, offers).ranked} == expected


@SOME
@given(markets(), requests(), st.randoms(use_true_random=False))
def test_the_order_of_files_is_irrelevant(
    offers: list[Offer], request: Request, random: st.DataObject
) -> None:
    shuffled = list(offers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = match(request, offers), match(request, shuffled)
    assert one.scored == other.scored
    assert tuple(one.rejected) == tuple(other.rejected)


@SOME
@given(markets(), requests())
def test_an_unusable_cloud_changes_nothing(offers: list[Offer], request: Request) -> None:
    useless = Offer("aa", "none", "ssh", price=0.0, healthy=False)
    assert match(request, [*offers, useless]).scored == match(request, offers).scored


@SOME
@given(markets(), requests(), st.sampled_from([0.01, 0.5, 1.0]))
def test_a_cheaper_twin_never_loses(offers: list[Offer], request: Request, saved: float) -> None:
    for offer in match(request, offers).ranked:
        if offer.price < saved:
            continue
        # Its name sorts last, so a tie would be lost.
        twin = replace(offer, shape=f"~{offer.shape}", price=offer.price - saved)
        names = [o.shape for o in match(request, [*offers, twin]).ranked if o.cloud == offer.cloud]
        assert names.index(twin.shape) < names.index(offer.shape)


@SOME
@given(markets(), requests())
def test_loosening_a_bound_never_empties_the_list(offers: list[Offer], request: Request) -> None:
    before = {(o.cloud, o.shape) for o in match(request, offers).ranked}
    unit = request.units[0]
    looser = [
        replace(request, max_price=None),
        replace(request, max_price=None if request.max_price is None else request.max_price + 1),
        replace(request, clouds=()),
        replace(request, clouds=(*request.clouds, "e") if request.clouds else ()),
        replace(request, units=(replace(unit, cpus=0.0),)),
        replace(request, units=(replace(unit, memory_MiB=0),)),
        replace(request, units=(replace(unit, accelerators=max(0, unit.accelerators - 1)),)),
        replace(request, accelerator=replace(request.accelerator, memory_MiB=0)),
        replace(request, accelerator=AcceleratorRequest(), tiers=()),
        replace(request, identities=(*request.identities, "ada", "@staff")),
    ]
    for loose in looser:
        after = {(o.cloud, o.shape) for o in match(loose, offers).ranked}
        assert before <= after, loose


@SOME
@given(markets(), st.lists(requests(), min_size=2, max_size=6))
def test_a_market_that_is_used_again_answers_the_same(
    offers: list[Offer], asked: list[Request]
) -> None:
    market = Market(offers)
    for request in [*asked, *reversed(asked)]:
        assert match(request, market).scored == match(request, offers).scored


@SOME
@given(markets(), requests())
def test_scores_rise_inside_a_tier(offers: list[Offer], request: Request) -> None:
    scored = match(request, offers).scored
    for one, other in pairwise(scored):
        same = len(request.tiers) < 2 or one.offer.accelerator == other.offer.accelerator
        assert not same or one.score <= other.score
