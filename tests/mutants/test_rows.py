"""The rows of mutants stay true: each still spoils one place, by tests that are there."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from rows import ROOT, Mutant, read

ALL = tuple(read())


@pytest.mark.parametrize("mutant", ALL, ids=lambda each: f"{each.file}: {each.why}")
def test_a_row_spoils_one_place(mutant: Mutant) -> None:
    """Where this fails, the code moved on: write down what `old` is called now, or drop the row."""
    text = (ROOT / mutant.path).read_text("utf-8")
    spoilt = mutant.spoil(text)
    assert spoilt != text
    compile(spoilt, mutant.file, "exec")
    assert all((ROOT / name).exists() for name in mutant.tests if "/" in name)


def test_every_room_that_decides_has_some() -> None:
    rooms = Counter(mutant.room for mutant in ALL)
    assert set(rooms) >= {"catalog", "clouds", "loop", "plan", "records", "review", "runs", "tosca"}
    assert min(rooms.values()) >= 5
    assert len(ALL) == len({(mutant.file, mutant.old, mutant.new) for mutant in ALL}) >= 50
