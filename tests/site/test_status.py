"""What the pages of deployments show, from records, wishes and a plan. No clock, no files."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Deployment, Placement
from deepcat.clouds.offers import Offer, Rejection
from deepcat.plan.values import (
    Action,
    Cause,
    Change,
    PartState,
    Placed,
    Plan,
    State,
    Status,
)
from deepcat.records.record import Moment, Record
from deepcat_site import text
from deepcat_site.html.formats import percent
from deepcat_site.values import Event
from deepcat_site.views import status
from deepcat_site.views.bars import DAYS
from deepcat_site.views.clouds import left, unless_full
from deepcat_site.views.planned import planned

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def at(days: float) -> str:
    return (NOON - timedelta(days=days)).isoformat()


def record(name: str, now: Status, *history: tuple[float, str, float]) -> Record:
    state = State(
        name=name,
        module="half-plus-two",
        version="1.0.0",
        module_digest="",
        profile="serve",
        inputs={"<b>": "<script>"},
        cloud="institute",
        shape="box",
        status=now,
        wish_digest="",
        commit="c" * 40,
    )
    moments = tuple(Moment(at(days), word, price) for days, word, price in history)
    return Record(state, created=at(50), updated=at(1), price_hour=2.0, history=moments)


def wish(name: str) -> Deployment:
    return Deployment(
        name, "", "half-plus-two", "*", "serve", {}, None, Placement(), None, "ada", {}
    )


def rows(*records: Record, wishes: tuple[str, ...] = (), plan: Plan | None = None):
    found = status.rows(
        {each.name: each for each in records},
        {name: wish(name) for name in wishes},
        {"a": (Event(at(1), "runs"),)},
        plan,
        NOON,
        text.load(),
    )
    return {row.place.name: row for row in found}


def heights(bars: str) -> list[list[tuple[str, float]]]:
    """Of each day's rectangles: colour and height."""
    found = re.findall(r"<g>(.*?)</g>", bars)
    return [
        [(kind, float(tall)) for kind, tall in re.findall(r'day-(\w+)".*?height="([\d.]+)"', day)]
        for day in found
    ]


def test_cost_uptime_and_a_bar_for_each_day() -> None:
    lived = ((10, "pending", 0), (9.5, "running", 2), (1.5, "failed", 2), (1, "running", 4))
    row = rows(record("a", Status.RUNNING, *lived))["a"]
    assert row.cost == (8 * 2 + 1 * 4) * 24
    assert row.uptime == "94.74 % up, 9 days of 30 days known"
    days = heights(row.bars)
    assert len(days) == DAYS
    assert days[-1] == [("running", 20.0)]
    assert days[-2] == [("failed", 20), ("running", 10.0)]  # half of that day, then a failure
    assert days[-11] == [("pending", 20)]
    assert days[0] == [("none", 20)]
    assert 'aria-label="94.74 % up, 9 days of 30 days known"' in row.bars
    assert row.history == (Event(at(1), "runs"),)


def test_what_is_gone_costs_nothing_more_and_is_not_down() -> None:
    row = rows(record("a", Status.GONE, (10, "running", 1), (9, "gone", 1)))["a"]
    assert row.cost == 24
    assert row.uptime == "up for the 1 day that it ran"
    assert heights(row.bars)[-1] == [("none", 20)]


def test_a_job_that_ended_says_how_and_costs_nothing_more() -> None:
    ran = record("job", Status.FAILED, (3, "running", 1), (2, "failed", 1))
    over = replace(ran.state, is_job=True, ended=at(2), exit_status=137)
    row = rows(replace(ran, state=over))["job"]
    assert (row.ended, row.exit_status) == (at(2), 137)
    assert (row.cost, row.uptime) == (24, "up for the 1 day that it ran")
    service = rows(record("a", Status.FAILED, (2, "failed", 1)))["a"]
    assert (service.ended, service.exit_status) == ("", None)
    assert service.uptime == "0 % up, 2 days of 30 days known"


def test_parts_are_shown_where_they_lie_and_hold_their_hosts() -> None:
    ran = record("a", Status.RUNNING)
    parts = (PartState("big", "box", 1, 2.0), PartState("little", "shelf", 2, 0.2))
    split = replace(ran, state=replace(ran.state, placements=parts, hosts=3))
    assert rows(split)["a"].parts == (("big", "box", 1), ("little", "shelf", 2))
    assert rows(ran)["a"].parts == ()
    offers = tuple(Offer("institute", shape, "ssh", free=4) for shape in ("box", "shelf"))
    assert [each.free for each in left(offers, [split])] == [3, 2]
    placed = (Placed("big", offers[0], 1), Placed("little", offers[1], 2))
    change = Change(
        Action.CREATE, "a", "m", "1.0.0", "serve", offer=offers[0], placements=placed, hosts=3
    )
    found = planned(Plan("", "", (change,)))["a"]
    assert (found.where, found.parts) == ("institute", ("big on box", "little on shelf, 2 hosts"))


def test_every_status_has_words_and_a_place() -> None:
    words = text.load()["status"]
    assert {*map(str, Status), status.WANTED} == set(words)
    names = {str(each): record(str(each), each) for each in Status}
    assert set(rows(*names.values())) == set(names)
    assert list(rows(*names.values()))[-2:] == ["ended", "gone"]


def test_without_commits_the_record_tells_its_own_history() -> None:
    row = rows(record("b", Status.FAILED, (3, "running", 1), (2, "failed", 1)))["b"]
    assert row.history == (Event(at(2), "failed"), Event(at(3), "running"))


def test_what_never_ran_shows_no_days() -> None:
    row = rows(wishes=("new",))["new"]
    assert (row.place.status, row.uptime, row.cost) == ("wanted", "", 0)
    assert row.bars == ""
    failed = rows(record("a", Status.PENDING, (1, "pending", 0)))["a"]
    assert "It did not run in the last days" in failed.bars


def test_known_and_wished_stand_together_and_what_failed_first() -> None:
    found = rows(record("b", Status.RUNNING), record("d", Status.FAILED), wishes=("a", "b", "c"))
    assert [(name, row.place.status) for name, row in found.items()] == [
        ("d", "failed"),
        ("a", "wanted"),
        ("c", "wanted"),
        ("b", "running"),
    ]


def test_the_plan_says_where_why_and_why_not() -> None:
    offer = Offer("institute", "box", "ssh", price=2.0)
    change = Change(
        Action.CREATE,
        "a",
        "half-plus-two",
        "1.0.0",
        "serve",
        causes=(Cause("status", None, "running"), Cause("x\ny", "<b>", 3)),
        offer=offer,
        fallbacks=(Offer("north", "t4", "ssh"),),
        rejected=(Rejection("south", "", ("too dear", "too far")),),
        price_hour=2.0,
        steps=("one", "two"),
    )
    plan = Plan("", "", (change,), {"b": ("no such module",)})
    found = planned(plan)
    assert found["a"].where == "institute/box"
    assert found["a"].fallbacks == ("north/t4",)
    assert found["a"].rejected == (("south", "too dear; too far"),)
    assert found["a"].causes == (("status", "–", "running"), ("x y", "<b>", "3"))
    assert (found["b"].action, found["b"].refused) == ("refused", ("no such module",))
    assert planned(None) == {}
    pages = rows(record("known", Status.RUNNING), wishes=("a",), plan=plan)
    assert pages["known"].plan is not None and pages["known"].plan.action == "none"
    assert pages["a"].plan == found["a"]


def test_what_is_free_is_less_what_is_held() -> None:
    shapes = (
        Offer("institute", "box", "ssh", free=1),
        Offer("institute", "shelf", "ssh", free=4),
        Offer("other", "box", "ssh", free=1),
        Offer("institute", "cloud", "ssh", free=None),
    )
    held = [record("a", Status.RUNNING), record("b", Status.FAILED), record("c", Status.GONE)]
    assert [offer.free for offer in left(shapes, held)] == [0, 4, 1, None]
    wider = [replace(held[0], state=replace(held[0].state, shape="shelf", hosts=3))]
    assert [offer.free for offer in left(shapes, wider)] == [1, 1, 1, None]
    # Pages of modules are made anew only when a shape fills up.
    assert unless_full(shapes, wider) == shapes
    assert [offer.free for offer in unless_full(shapes, held)] == [0, 4, 1, None]


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert [percent(share) for share in (1, 0.99999, 0.5, 0.12345, 0)] == [
        "100",
        "99.99",
        "50",
        "12.35",
        "0",
    ]


def test_many_deployments_are_dealt_out_to_pages(tmp_path: Path, site_tools: Any) -> None:
    """Two more than fit on one page; a page of its own for each, and for one named `page`."""
    many = {
        name: record(name, Status.RUNNING) for name in [f"d{n:03}" for n in range(101)] + ["page"]
    }
    root = site_tools.write_catalog(tmp_path / "c")
    site_tools.make(root, root / "_site", records=many, now=NOON.isoformat())
    first, second = (
        (root / "_site/status" / path / "index.html").read_text() for path in ("", "page/2")
    )
    assert first.count('class="days"') == 100
    assert second.count('class="days"') == 2
    assert 'aria-current="page">2</a>' in second
    assert '../../../status/page/"' in second  # the deployment of that name
    assert (root / "_site/status/page/index.html").is_file()


def test_how_an_address_is_reached_that_no_browser_reaches_is_said(
    tmp_path: Path, site_tools: Any
) -> None:
    known = {}
    for name, address in (("far", "http://127.0.0.1:8501"), ("open", "https://m.example.org")):
        found = record(name, Status.RUNNING)
        known[name] = replace(found, state=replace(found.state, endpoints={"rest": address}))
    root = site_tools.write_catalog(tmp_path / "c")
    site_tools.make(root, root / "_site", records=known, now=NOON.isoformat())
    pages = {name: (root / f"_site/status/{name}/index.html").read_text() for name in known}
    assert '<span class="mono">deepcat tunnel far</span>' in pages["far"]
    assert "deepcat tunnel" not in pages["open"]
