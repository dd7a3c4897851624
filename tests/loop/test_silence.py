"""When a deployment whose cloud is silent is given up, and how that is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.clouds.offers import Offer, Probe
from deepcat.loop.silence import count_silence, given_up
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

STATE = State(
    "demo", "digits", "1.0.0", "d" * 64, "serve", {}, "far", "h1", Status.RUNNING, "w", "c" * 40
)  # fmt: skip
RECORD = Record(STATE, silent=3)
DOWN = {"far": Probe("far", healthy=False)}
UP = {"far": Probe("far")}
HOST = Offer("far", "h1", "kind", down="no route")


@pytest.mark.parametrize(
    ("record", "settings", "probes", "offers", "expected"),
    [
        (RECORD, {"moves_after": 3}, DOWN, (), True),
        (RECORD, {"moves_after": 2}, DOWN, (), True),
        (RECORD, {"moves_after": 4}, DOWN, (), False),
        (RECORD, {}, DOWN, (), False),
        (RECORD, {"moves_after": 3}, UP, (), False),
        (RECORD, {"moves_after": 3}, {"far": None}, (), False),
        (RECORD, {"moves_after": 3}, UP, (HOST,), True),
        (RECORD, {"moves_after": 3}, UP, (replace(HOST, shape="h2"),), False),
        (RECORD, {"moves_after": 3}, UP, (replace(HOST, down=""),), False),
        (replace(RECORD, intent={"run": "x"}), {"moves_after": 3}, DOWN, (), False),
        (replace(RECORD, state=replace(STATE, is_job=True)), {"moves_after": 3}, DOWN, (), False),
        (
            replace(RECORD, state=replace(STATE, status=Status.GONE)),
            {"moves_after": 3}, DOWN, (), False,
        ),
    ],
)  # fmt: skip
def test_what_is_given_up(
    record: Record, settings: dict[str, Any], probes: dict[str, Any], offers: Any, expected: bool
) -> None:
    assert bool(given_up({"demo": record}, settings, probes, offers)) is expected


def test_looks_are_counted_in_a_row(git_tree_at: Callable[[Mapping[str, str]], Path]) -> None:
    store = Store(git_tree_at({"deepcat.yaml": "x"}))
    store.update("demo", lambda _: replace(RECORD, silent=0), "it runs")

    def look(probes: dict[str, Any], **settings: int) -> tuple[list[str], int]:
        said = count_silence(store, store.read_all(), settings, probes, ())
        return said, store.read_all()["demo"].silent

    assert look(DOWN) == ([], 0), "nobody asked for it"
    assert look(DOWN, moves_after=2) == (["demo: far/h1 does not answer, at 1 of 2 looks"], 1)
    assert look(UP, moves_after=2) == (["demo: far/h1 answers again"], 0)
    for count in (1, 2):
        assert look(DOWN, moves_after=2)[1] == count
    assert look(DOWN, moves_after=2) == ([], 2), "more is not counted, nor written down"
    assert look(DOWN)[1] == 0
    before = store.read_all()
    store.update("demo", lambda r: replace(r or RECORD, intent={"run": "y"}), "somebody is at it")
    count_silence(store, before, {"moves_after": 2}, DOWN, ())
    assert store.read_all()["demo"].silent == 0
