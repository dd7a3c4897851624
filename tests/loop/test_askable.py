"""What listens on this machine is asked only where its own operator said that it may be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deepcat.loop.adopted import silent
from deepcat.loop.askable import askable, is_inside
from deepcat.loop.noted import note_here, noted_here
from deepcat.plan.adopted import note, resources
from deepcat.plan.values import State, Status

HERE, OTHER = "http://127.0.0.1:9", "http://127.0.0.1:10"
STATE = State(
    "demo", "digits", "1.0.0", "d", "serve", {}, "local", "host", Status.RUNNING, "w", "c",
    endpoints={"rest": HERE}, resources=resources(HERE, ["digits"]),
)  # fmt: skip


def test_a_record_alone_lets_nothing_here_be_asked(tmp_path: Path) -> None:
    assert askable(tmp_path, STATE) == {}
    assert silent(tmp_path, [STATE]) == frozenset(), "of what may not be asked nothing is known"
    note_here(tmp_path, "demo", OTHER)
    assert askable(tmp_path, STATE) == {}
    note_here(tmp_path, "demo", HERE)
    assert askable(tmp_path, STATE) == {"rest": HERE}


def test_each_is_noted_beside_the_others(tmp_path: Path) -> None:
    note_here(tmp_path, "demo", HERE)
    note_here(tmp_path, "other", OTHER)
    assert noted_here(tmp_path) == {"demo": HERE, "other": OTHER}


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_note_that_cannot_be_read_says_nothing(tmp_path: Path, text: str) -> None:
    note_here(tmp_path, "demo", HERE)
    (tmp_path / ".deepcat" / "adopted.json").write_text(text)
    assert noted_here(tmp_path) == {}


def test_only_what_was_adopted_goes_on_when_it_is_taken_down() -> None:
    assert HERE in note(STATE)
    assert note(replace(STATE, resources={})) == ""


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("http://127.0.0.1:8501", True),
        ("http://localhost:8501", True),
        ("http://[::1]:8501", True),
        ("http://0.0.0.0:8501", True),
        ("http://10.0.0.5:8501", True),
        ("http://node7:8501", True),
        ("gpu.local:8500", True),
        ("http://gpu.internal", True),
        ("https://models.example.org/demo", False),
        ("http://8.8.8.8:8501", False),
        ("no address", False),
    ],
)
def test_what_lies_inside_a_network_no_reader_elsewhere_reaches(address: str, found: bool) -> None:
    assert is_inside(address) is found
