"""What is carried out now, what would leave its bounds, what waits for a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit
from deepcat.plan.values import Action, Cause, Change, Placed, Plan, State, Status
from deepcat.records.record import Record
from deepcat.review.due import due, leaves_bounds, mended, price_on, touched_by
from deepcat.review.shown import NOTHING, Shown

OFFER = Offer("iisas", "gpu", "openstack", accelerator="A100-80GB", accelerators=1, price=2.0)
CREATE = Change(Action.CREATE, "demo", "digits", "1.0.0", "serve", offer=OFFER, price_hour=2.0)


def plan(*changes: Change) -> Plan:
    return Plan("c" * 40, "d", changes)


def record(name: str = "demo", kind: str = "", **fields: Any) -> Record:
    state = State(name, "digits", "1.0.0", "", "serve", {}, "iisas", "gpu", Status.RUNNING, "", "")
    failures = ({"kind": kind, "code": "x", "message": "y"},) if kind else ()
    return Record(state, failures=failures, **fields)


def test_what_stays_as_it_is_is_not_due() -> None:
    found = due(plan(replace(CREATE, action=Action.NONE)), {}, {})
    assert (found.now, found.outside, found.waiting) == ((), {}, {})


@pytest.mark.parametrize("kind", ["capacity", "quota", "cloud"])
def test_what_the_world_refused_is_tried_again(kind: str) -> None:
    assert due(plan(CREATE), {"demo": record(kind=kind)}, {}).now == (CREATE,)


@pytest.mark.parametrize("kind", ["module", "auth"])
def test_a_mistake_waits_until_somebody_touches_it(kind: str) -> None:
    records = {"demo": record(kind=kind)}
    assert "demo" in due(plan(CREATE), records, {}).waiting
    assert due(plan(CREATE), records, {}, touched={"demo"}).now == (CREATE,)
    # What was begun is finished, whatever happened before.
    begun = {"demo": replace(records["demo"], intent={"run": "x"})}
    assert due(plan(CREATE), begun, {}).now == (CREATE,)


def test_a_fallback_stays_inside_what_was_merged_too() -> None:
    near = replace(OFFER, shape="near", price=2.1)
    dear = replace(OFFER, shape="dear", price=9.0)
    away = replace(OFFER, cloud="elsewhere")
    change = replace(CREATE, fallbacks=(near, dear, away))

    def kept(shown: Shown | None) -> tuple[Offer, ...]:
        request = replace(REQUEST, max_price=None)
        known = {"demo": shown} if shown else None
        (found,) = due(plan(change), {}, {"demo": request}, shown=known).now
        return found.fallbacks

    assert kept(None) == (near, dear), "the wish bounds no price, but the clouds"
    assert kept(Shown("iisas", "A100-80GB", 2.0)) == (near,)
    assert kept(Shown("iisas", "A100-80GB", 2.0, 9.0)) == (near, dear), "the review named it"


def test_no_more_than_so_many_at_once() -> None:
    many = [replace(CREATE, deployment=f"d{number}") for number in range(5)]
    found = due(plan(*many), {}, {}, most=2)
    assert [change.deployment for change in found.now] == ["d0", "d1"]
    assert set(found.waiting) == {"d2", "d3", "d4"}


REQUEST = Request(
    units=(Unit(accelerators=1),),
    tiers=(("A100-80GB",),),
    clouds=("iisas",),
    max_price=2.5,
)


@pytest.mark.parametrize(
    ("offer", "price", "word"),
    [
        (OFFER, 2.0, ""),
        (replace(OFFER, cloud="other"), 2.0, "iisas"),
        (replace(OFFER, price=3.0), 3.0, "2.5"),
        (replace(OFFER, accelerator="T4"), 2.0, "T4"),
    ],
)
def test_a_change_stays_inside_what_the_file_allows(offer: Offer, price: float, word: str) -> None:
    change = replace(CREATE, offer=offer, price_hour=price)
    reasons = leaves_bounds(change, REQUEST)
    assert bool(reasons) == bool(word)
    assert word in " ".join(reasons)
    found = due(plan(change), {}, {"demo": REQUEST})
    assert bool(found.outside) == bool(word)
    assert bool(found.now) != bool(word)


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        (Shown("iisas", "A100-80GB", 2.0), ""),
        (Shown("other", "A100-80GB", 1.9), ""),
        (Shown("iisas", "A100-80GB", 1.0), "price of 1.00"),
        (Shown("iisas", "H100", 2.0), "showed H100"),
        (NOTHING, "did not show where"),
        (None, ""),
    ],
)
def test_a_change_stays_near_what_the_review_showed(shown: Shown | None, word: str) -> None:
    reasons = leaves_bounds(CREATE, None, shown)
    assert bool(reasons) == bool(word)
    assert word in " ".join(reasons)


def test_a_replacement_stays_inside_too() -> None:
    away = replace(CREATE, action=Action.REPLACE, offer=replace(OFFER, cloud="other"))
    assert "iisas" in " ".join(leaves_bounds(away, REQUEST))
    assert "price of 1.00" in " ".join(
        leaves_bounds(replace(CREATE, action=Action.REPLACE), None, Shown("x", "", 1.0))
    )


def test_an_accelerator_that_was_shown_is_not_left_out() -> None:
    bare = replace(CREATE, offer=replace(OFFER, accelerator="", accelerators=0))
    (reason,) = leaves_bounds(bare, None, Shown("iisas", "A100-80GB", 2.0))
    assert reason.endswith("now it would be no accelerator")


@pytest.mark.parametrize(("price", "leaves"), [(2.2, False), (2.21, True), (1.0, False)])
def test_a_price_may_grow_by_a_tenth(price: float, leaves: bool) -> None:
    change = replace(CREATE, price_hour=price)
    assert bool(leaves_bounds(change, None, Shown("iisas", "", 2.0))) == leaves


def test_taking_down_leaves_no_bounds() -> None:
    gone = replace(CREATE, action=Action.DELETE, offer=None)
    assert leaves_bounds(gone, REQUEST, Shown("x", "H100", 0.0)) == ()


def test_a_merge_touches_by_file_and_by_module() -> None:
    modules = {"a": "digits", "b": "iris", "c": "other"}
    records = {"gone": record("gone")}
    paths = ["deployments/b.yaml", "modules/digits/README.md", "README.md"]
    assert touched_by(paths, modules, records) == {"a", "b", "gone"}
    assert touched_by(["modules/README.md"], modules, records) == frozenset()


@pytest.mark.parametrize(
    ("commit", "paths", "is_mended"),
    [
        ("c1", ["modules/plants/module.yaml"], True),
        ("c1", ["deployments/demo.yaml"], True),
        ("c1", ["modules/other/module.yaml", "README.md"], False),
        ("c1", [], False),
        ("", ["modules/plants/module.yaml"], False),
    ],
)
def test_what_changed_since_it_failed_is_mended(
    commit: str, paths: list[str], is_mended: bool
) -> None:
    failed = record(kind="module")
    failure = dict(failed.failures[-1]) | ({"commit": commit} if commit else {})
    records = {"demo": replace(failed, failures=(failure,)), "well": record("well")}
    found = mended(records, {"demo": "plants", "well": "plants"}, {"c1": paths}.__getitem__)
    assert found == ({"demo"} if is_mended else set())


def test_no_lifetime_ends_by_a_clock_that_jumped() -> None:
    over = replace(
        CREATE, action=Action.DELETE, offer=None, causes=(Cause("lifetime", "x", "over"),)
    )
    gone = replace(over, deployment="gone", causes=(Cause("file", "x", None),))
    assert due(plan(over, gone), {}, {}).now == (over, gone)
    found = due(plan(over, gone), {}, {}, clock_jump_s=-9e6)
    assert found.now == (gone,)
    assert "the clock was set by -9000000 s" in found.waiting["demo"]


def test_a_deployment_in_parts_keeps_its_bounds_part_by_part() -> None:
    small = Offer("iisas", "small", "openstack", cpus=2.0, price=0.1)
    away = replace(OFFER, shape="other", price=2.2)
    big = replace(REQUEST, max_price=None)
    little = replace(big, units=(Unit(2, apart=True),), tiers=())
    units = (*big.units, *little.units)
    request = replace(REQUEST, units=units, parts=(("big", big), ("little", little)))
    placed = (Placed("big", OFFER, 1), Placed("little", small, 2))
    there = (Placed("big", away, 1), Placed("little", small, 2))
    change = replace(
        CREATE,
        price_hour=2.2,
        hosts=3,
        placements=placed,
        fallbacks=(away, replace(OFFER, shape="whole")),
        alternatives={"iisas/other": there},
    )
    assert leaves_bounds(change, request) == ()
    (now,) = due(plan(change), {}, {"demo": request}).now
    assert now.fallbacks == (away,), "three hosts of the dear shape would cost more than 2.50"
    assert price_on(change, request, away) == pytest.approx(2.4)
    assert price_on(change, request, change.fallbacks[1]) == 6.0
    tight = replace(request, max_price=2.1)
    assert leaves_bounds(change, tight) == ("costs 2.2 an hour for all parts; at most 2.1 allowed",)
    slow = replace(little, units=(Unit(2, cpus=4.0),))
    other = replace(request, parts=(("big", big), ("little", slow)))
    assert leaves_bounds(change, other) == ("little: has 2 cores; 4 asked",)
    elsewhere = replace(request, clouds=("north",))
    assert leaves_bounds(change, elsewhere) == ("placement allows only north",)
