"""What `deepcat status` says of an address, by what is really there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deepcat.cli.status import _plain, _show_where
from deepcat.clouds.kind import Found, Listing
from deepcat.loop.observation import Observation
from deepcat.loop.observed import Sight
from deepcat.plan.values import State, Status
from deepcat.records.record import Record

WAITS = "no controller says yet that it has taken the Ingress `demo-1`"
STATE = State(
    name="demo", module="lines", version="1.0.0", module_digest="", profile="serve", inputs={},
    cloud="lab", shape="cpu", status=Status.RUNNING, wish_digest="", commit="",
    endpoints={"rest": "http://demo-1.models.example.org"},
)  # fmt: skip


@pytest.mark.parametrize("waits", [WAITS, ""])
def test_an_address_that_nobody_has_taken_yet_is_told(
    waits: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = {"demo": Record(STATE)}
    there = Found("demo", {"name": "demo"}, cloud="lab", shape="cpu", waits=waits)
    listing = Listing((there,), clouds=frozenset({"lab"}))
    found = Sight(records, Observation((listing,)).drift(records, ()))
    _show_where(records["demo"], found)
    said = capsys.readouterr().out
    assert "http://demo-1.models.example.org" in said
    assert (f"{WAITS}: its address may not answer" in said) is bool(waits)
    assert _plain(tmp_path, records["demo"], found, with_private=False)["waits"] == waits
    ended = Record(replace(STATE, endpoints={}))
    assert _plain(tmp_path, ended, found, with_private=False)["waits"] == ""
