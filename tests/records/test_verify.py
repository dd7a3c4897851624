"""What is wrong with records, and how lost ones are made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from deepcat.plan.values import Status
from deepcat.records.layout import flat, sharded
from deepcat.records.record import Record, to_text
from deepcat.records.verify import rebuilt, verify
from deepcat.runs.state import from_tag, tag

Make = Callable[..., Record]


def test_sound_records_have_no_findings(make_record: Make) -> None:
    texts = {flat(name): to_text(make_record(name)) for name in ("a", "b")}
    tagged = {"a": make_record("a").state}
    assert verify(texts, tagged) == ()


def test_every_fault_is_told(make_record: Make) -> None:
    good = to_text(make_record("a"))
    texts = {
        flat("a"): good,
        sharded("a"): good,
        flat("b"): good,
        flat("c"): "nonsense: [",
        flat("d"): to_text(make_record("d", cloud="")),
        flat("e"): to_text(replace(make_record("e"), intent={"run": "r"})),
        flat("f"): "# a comment\n" + to_text(make_record("f")),
        "README": "",
    }
    findings = verify(texts, {"g": make_record("g").state})
    assert {(finding.place.path, finding.code) for finding in findings} == {
        (max(flat("a"), sharded("a")), "records/twice"),
        (flat("b"), "records/name"),
        (flat("c"), "records/damaged"),
        (flat("d"), "records/place"),
        (flat("e"), "records/intent"),
        (flat("f"), "records/form"),
        (flat("g"), "records/orphan"),
        ("README", "records/stray"),
    }
    assert all(finding.hint for finding in findings)
    assert {finding.code for finding in findings if not finding.is_error} == {"records/form"}


def test_a_tag_holds_a_whole_state(make_record: Make) -> None:
    state = make_record("a", endpoints={"rest": "http://x"}, hosts=3).state
    assert from_tag(tag(state)) == state
    for broken in ({}, {"name": "a"}, {"name": "a", "status": "odd"}):
        with pytest.raises(ValueError, match=r"tag|valid"):
            from_tag(broken)


def test_what_is_lost_is_made_again_from_tags(make_record: Make) -> None:
    lost = make_record("lost", endpoints={"rest": "http://x"}).state
    begun = make_record("begun", status=Status.PENDING).state
    known = make_record("known")
    found = rebuilt({"known": known}, [lost, begun, known.state], "now")
    assert {name: record.state.status for name, record in found.items()} == {
        "lost": Status.RUNNING,
        "begun": Status.FAILED,
    }
    assert set(rebuilt({"known": known}, [known.state], "now", everything=True)) == {"known"}
