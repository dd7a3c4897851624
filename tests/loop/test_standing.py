"""How deployments stand before anything is planned, and how records hold by what is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Catalog, Cloud, Deployment, Placement
from deepcat.clouds.kind import Found, Listing
from deepcat.clouds.offers import Offer, Probe
from deepcat.clouds.request import Request
from deepcat.loop.observation import Observation
from deepcat.loop.observed import as_seen
from deepcat.loop.wishes import out_of_sight
from deepcat.loop.world import is_as_applied
from deepcat.plan.digests import wish_digest
from deepcat.plan.values import State, Status, Wish
from deepcat.records.failure_rates import with_failure_rates
from deepcat.records.record import Record
from deepcat.runs.state import tag

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WISH = Deployment(
    "demo", "deployments/demo.yaml", "digits", "", "serve", {}, None, Placement(), None, "ada",
    {"module": "digits"},
)  # fmt: skip
STATE = State(
    "demo", "digits", "1.0.0", "d" * 64, "serve", {}, "near", "host", Status.RUNNING,
    wish_digest(WISH), "c" * 40, resources={"machine": "m1", "programs": ["a", "b"]},
)  # fmt: skip
NEAR = Cloud("near", "clouds/near.yaml", "local", {})
CATALOG = Catalog({}, {"near": NEAR}, {"demo": WISH}, (), {"digits": "d" * 64})
OFFER = Offer("near", "host", "local")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"status": Status.FAILED}, False),
        ({"status": Status.PENDING}, False),
        ({"status": Status.GONE}, False),
        ({"module_digest": "e" * 64}, False),
        ({"wish_digest": "other"}, False),
        ({"expires": (NOW + timedelta(seconds=1)).isoformat()}, True),
        ({"expires": NOW.isoformat()}, False),
        ({"expires": (NOW - timedelta(days=9)).isoformat()}, False),
    ],
)
def test_what_is_as_applied_is_not_planned(change: dict[str, Any], expected: bool) -> None:
    assert is_as_applied(WISH, CATALOG, replace(STATE, **change), NOW) is expected


def test_what_the_catalog_says_of_who_may_call_is_planned_where_it_answers() -> None:
    default = {"keys": {"ada": {"secret": "env:A"}}}
    up = replace(STATE, endpoints={"rest": "http://127.0.0.1:1"})
    assert not is_as_applied(WISH, CATALOG, up, NOW, default)
    assert is_as_applied(WISH, CATALOG, replace(up, access=default), NOW, default)
    assert is_as_applied(WISH, CATALOG, replace(up, endpoints={}), NOW, default)
    assert not is_as_applied(WISH, CATALOG, replace(up, access=default), NOW)


def test_a_module_that_cannot_be_read_is_not_as_applied() -> None:
    assert not is_as_applied(WISH, replace(CATALOG, digests={}), STATE, NOW)


def failures(*clouds: str) -> tuple[dict[str, str], ...]:
    return tuple({"cloud": cloud, "kind": "cloud"} for cloud in clouds)


@pytest.mark.parametrize(
    ("records", "rates"),
    [
        ([], {"near": 0.0, "far": 0.0}),
        ([Record(STATE, failures=failures("near"))], {"near": 1 / 2, "far": 0.0}),
        ([Record(STATE, failures=failures("near", "near", "far"))], {"near": 2 / 3, "far": 1 / 2}),
        (
            [
                Record(replace(STATE, endpoints={"rest": "r"})),
                Record(replace(STATE, name="b", status=Status.FAILED), failures=failures("near")),
            ],
            {"near": 1 / 3, "far": 0.0},
        ),
        ([Record(replace(STATE, endpoints={"rest": "r"}))], {"near": 0.0, "far": 0.0}),
    ],
)
def test_where_runs_failed_is_known_of_its_offers(
    records: list[Record], rates: dict[str, float]
) -> None:
    found = with_failure_rates(
        (OFFER, replace(OFFER, cloud="far")), {str(n): each for n, each in enumerate(records)}
    )
    assert {offer.cloud: offer.failure_rate for offer in found} == pytest.approx(rates)


DOWN = {"near": Probe("near", healthy=False, detail="timed out")}
BROKEN = replace(
    CATALOG, clouds={}, findings=(Finding(Place("clouds/near.yaml", 3), "schema/x", "bad", "mend"),)
)


@pytest.mark.parametrize(
    ("catalog", "probes", "offers", "state", "why"),
    [
        (CATALOG, {}, (), STATE, ""),
        (CATALOG, {"near": Probe("near")}, (), STATE, ""),
        (CATALOG, {"near": None}, (), STATE, ""),
        (CATALOG, DOWN, (), STATE, "its cloud `near` does not answer timed out"),
        (CATALOG, DOWN, (OFFER,), STATE, ""),
        (CATALOG, DOWN, (replace(OFFER, shape="other"),), STATE, "its cloud `near` does not"),
        (BROKEN, {}, (), STATE, "its cloud cannot be read clouds/near.yaml:3: bad (mend)"),
        (BROKEN, {}, (), replace(STATE, cloud="gone"), ""),
        (
            replace(CATALOG, clouds={"near": replace(NEAR, kind="unheard-of")}),
            {},
            (),
            STATE,
            "nothing here can run on clouds of the kind `unheard-of`",
        ),
    ],
)
def test_what_is_out_of_sight_is_left_as_it_is(
    tmp_path: Path,
    catalog: Catalog,
    probes: dict[str, Probe | None],
    offers: tuple[Offer, ...],
    state: State,
    why: str,
) -> None:
    (tmp_path / "clouds").mkdir()
    (tmp_path / "clouds" / "near.yaml").write_text("kind: [\n")
    held = out_of_sight({"demo": Record(state)}, {}, catalog, work_tree(tmp_path), probes, offers)
    assert " ".join(held.get("demo", ())).startswith(why)
    assert bool(held) == bool(why)


@pytest.mark.parametrize(("clouds", "is_held"), [((), True), (("near",), True), (("far",), False)])
def test_what_shall_be_elsewhere_does_not_wait_for_a_cloud_that_is_silent(
    tmp_path: Path, clouds: tuple[str, ...], is_held: bool
) -> None:
    module, topology = cast(Any, None), cast(Any, None)
    wishes = {"demo": Wish(WISH, module, topology, (), Request(clouds=clouds))}
    records = {"demo": Record(STATE)}
    held = out_of_sight(records, wishes, CATALOG, work_tree(tmp_path), DOWN, ())
    assert bool(held) is is_held


@pytest.mark.parametrize(
    ("theirs", "own", "is_held"),
    [
        ("a1", "a1", False), ("a1", "b2", True), ("a1", "", False), ("", "b2", False),
    ],
)  # fmt: skip
def test_what_another_id_brought_up_is_left_as_it_is_until_the_id_is_back(
    tmp_path: Path, theirs: str, own: str, is_held: bool
) -> None:
    records = {"demo": Record(replace(STATE, catalog=theirs))}
    held = out_of_sight(records, {}, CATALOG, work_tree(tmp_path), {}, (), own)
    assert bool(held) is is_held
    if is_held:
        assert "write `id: a1` into `deepcat.yaml`" in held["demo"][0]


@pytest.mark.parametrize(
    ("listing", "up", "covers", "dead"),
    [
        (Listing(machine="m1"), None, True, True),
        (Listing(machine="m1"), ["a", "b"], True, False),
        (Listing(machine="m1"), ["a", "b", "more"], True, False),
        (Listing(machine="m1"), ["a"], True, True),
        (Listing(machine="m2"), None, False, False),
        (Listing(clouds=frozenset({"near"})), None, True, True),
        (Listing(clouds=frozenset({"near"})), ["a", "b"], True, False),
        (Listing(clouds=frozenset({"far"})), None, False, False),
        (Listing(detail="cannot look"), None, False, False),
        # One machine that was looked at says nothing of a cloud of the same name.
        (Listing(machine="m2", clouds=frozenset({"near"})), None, False, False),
    ],
)
def test_only_where_somebody_looked_is_something_dead(
    listing: Listing, up: list[str] | None, covers: bool, dead: bool
) -> None:
    if up is not None:
        listing = replace(listing, found=(Found("demo", tag(STATE), frozenset(up)),))
    sight = Observation((listing,))
    assert sight.covers(STATE) is covers
    assert sight.drift({"demo": Record(STATE)}).dead == (("demo",) if dead else ())
    assert sight.unseen == ((listing.detail,) if listing.detail else ())


FAR = replace(STATE, cloud="far", shape="h2", resources={"programs": ["a", "b"]})


@pytest.mark.parametrize(
    ("at", "is_copy"),
    [
        (("", ""), False),
        (("far", "h2"), False),
        (("far", ""), False),
        (("far", "h1"), True),
        (("left", "h2"), True),
    ],
)
def test_what_came_back_where_its_record_does_not_say_is_a_copy(
    at: tuple[str, str], is_copy: bool
) -> None:
    up = frozenset(("a", "b"))
    older = tag(replace(FAR, cloud="left", shape="h9"))
    found = (Found("demo", tag(FAR), up, cloud="far", shape="h2"),)
    found += (Found("demo", older, up, cloud=at[0], shape=at[1]),) if is_copy else ()
    sight = Observation((Listing(found, clouds=frozenset({"far", "left"})),))
    drift = sight.drift({"demo": Record(FAR)})
    assert drift.dead == ()
    assert [(each.state.cloud, each.state.shape) for each in drift.copies if each.state] == (
        [at] if is_copy else []
    )
    alone = Observation((Listing((Found("demo", tag(FAR), up, cloud=at[0], shape=at[1]),),
                                 clouds=frozenset({"far"})),))  # fmt: skip
    assert alone.drift({"demo": Record(FAR)}).dead == (("demo",) if is_copy else ())


@pytest.mark.parametrize(
    ("listing", "covers"),
    [
        (Listing(clouds=frozenset({"far"})), True),
        (Listing(shapes=frozenset({("far", "h2")})), True),
        (Listing(shapes=frozenset({("far", "h1")})), False),
        (Listing(shapes=frozenset({("left", "h2")})), False),
    ],
)
def test_of_a_cloud_that_answers_in_part_the_rest_is_not_known(
    listing: Listing, covers: bool
) -> None:
    sight = Observation((listing,))
    assert sight.covers(FAR) is covers
    assert sight.drift({"demo": Record(FAR)}).dead == (("demo",) if covers else ())


@pytest.mark.parametrize(("age_s", "lag_s", "dead"), [(5, 60, 0), (90, 60, 1), (5, 0, 1)])
def test_what_was_just_made_need_not_be_listed_yet(age_s: int, lag_s: float, dead: int) -> None:
    made = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
    sight = Observation((Listing(clouds=frozenset({"far"}), lag_s=lag_s),))
    assert len(sight.drift({"demo": Record(FAR, updated=made)}).dead) == dead
    seen = replace(sight.listings[0], found=(Found("demo", tag(FAR), frozenset(("a",))),))
    drift = Observation((seen,)).drift({"demo": Record(FAR, updated=made)})
    assert drift.dead == ("demo",), "what is listed is judged"


def test_a_place_to_develop_that_was_stopped_is_told_so_and_stays_where_it_is() -> None:
    state = replace(FAR, resources={"programs": ["a"]})
    there = Found("demo", tag(state), frozenset(("a",)), cloud="far", shape="h2")
    listing = Listing((there,), clouds=frozenset({"far"}))
    assert Observation((listing,)).stopped(state) is None
    for told, why in (({"a": "its time is over"}, "its time is over"), ({"b": "no"}, None)):
        seen = Observation((replace(listing, found=(replace(there, stopped=told),)),))
        assert seen.stopped(state) == why
        assert seen.drift({"demo": Record(state)}).dead == ()
        beside = replace(state, resources={"programs": ["a", "server"]})
        assert seen.stopped(beside) is None, "what is beside it runs on"


def test_what_bears_another_catalogs_id_is_not_seen_at_all() -> None:
    found = (
        Found("own", tag(replace(STATE, name="own", catalog="a1"))),
        Found("theirs", tag(replace(STATE, name="theirs", catalog="b2"))),
    )
    sight = Observation((Listing(found, clouds=frozenset({"near"})),), "a1")
    assert set(sight.found) == {"own"}
    assert sight.drift({}, ()).without_record == ("own",)
    assert set(Observation((Listing(found),)).found) == set(), "who knows no id owns none"


def test_a_tag_that_cannot_be_read_is_there_and_says_nothing() -> None:
    sight = Observation(
        (Listing(found=(Found("demo", tag(STATE)), Found("odd", {"status": "x"}))),)
    )
    assert sight.tagged() == {"demo": STATE}
    assert set(sight.found) == {"demo", "odd"}


@pytest.mark.parametrize(
    ("record", "gone", "status"),
    [
        (Record(STATE), (), Status.RUNNING),
        (Record(STATE), ("demo",), Status.FAILED),
        (Record(STATE), ("other",), Status.RUNNING),
        (Record(STATE, intent={"run": "x"}), (), Status.PENDING),
        # What is being worked on is not told dead meanwhile.
        (Record(STATE, intent={"run": "x"}), ("demo",), Status.PENDING),
        (Record(replace(STATE, status=Status.STOPPING)), (), Status.STOPPING),
    ],
)
def test_records_hold_by_what_is_seen(
    record: Record, gone: tuple[str, ...], status: Status
) -> None:
    seen = as_seen({"demo": record}, gone)["demo"]
    assert seen == replace(record, state=replace(record.state, status=status))
