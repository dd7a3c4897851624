"""What a training drew is told small, and nothing of what is no plot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.job.drawn import BARS, CONFUSION, MOST_PAIRS, RESIDUALS, told
from deepcat.records.plots import plots_of

MATRIX = {"labels": ["cat", "dog\x1b[2J"], "matrix": [[9, 1], [2, 8.5]]}


def words(text: str) -> str:
    return text.replace("\x1b", " ")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "plots").mkdir()
    return tmp_path


def test_both_are_told_and_hold_as_a_record_has_them(output: Path) -> None:
    (output / CONFUSION).write_text(json.dumps(MATRIX))
    (output / RESIDUALS).write_text(json.dumps({"residuals": [-1, 0, 0.5, 1]}))
    found = told(output, words)
    assert found["confusion"] == {
        "classes": 2,
        "right": 17.5,
        "total": 20.5,
        "labels": ["cat", "dog [2J"],
        "counts": ["9 1", "2 8.5"],
    }
    lies = found["residuals"]
    assert (lies["number"], lies["mean"], lies["first"], lies["last"]) == (4, 0.125, -1, 1)
    assert sum(lies["bars"]) == 4 and len(lies["bars"]) == BARS
    kept = plots_of(found)
    assert kept.keys() == found.keys()
    assert plots_of(json.loads(json.dumps(kept))) == kept


def test_of_many_classes_the_most_mistaken_are_told(output: Path) -> None:
    size = 100
    rows = [[(a * b) % 7 for b in range(size)] for a in range(size)]
    labels = [f"class {n}" for n in range(size)]
    (output / CONFUSION).write_text(json.dumps({"labels": labels, "matrix": rows}))
    found = plots_of(told(output, words))["confusion"]
    assert "counts" not in found
    assert len(found["mistaken"]) == MOST_PAIRS
    assert found["mistaken"][0]["n"] == 6


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "[" * 100_000, '{"residuals": [1]}', '{"residuals": [1, "2"]}',
        '{"residuals": [1, NaN]}', '{"residuals": [1, 1e300]}', '{"residuals": [1, true]}',
        '{"residuals": [1, ' + "9" * 400 + "]}", " " * (1 << 21),
    ],
)  # fmt: skip
def test_what_is_no_plot_is_left_out(output: Path, text: str) -> None:
    (output / RESIDUALS).write_text(text)
    assert told(output, words) == {}


def test_neither_a_link_nor_a_pipe_is_read(output: Path) -> None:
    (output / "real").write_text(json.dumps(MATRIX))
    (output / CONFUSION).symlink_to(output / "real")
    os.mkfifo(output / RESIDUALS)
    assert told(output, words) == {}


@pytest.mark.parametrize(
    "held",
    [
        None, [], {"confusion": []}, {"confusion": {"classes": 2}},
        {"confusion": {"classes": 2, "right": 1, "total": 1, "labels": ["a", "b"],
                       "counts": ["1"]}},
        {"confusion": {"classes": 2, "right": 1, "total": 1, "labels": ["a", "b"],
                       "counts": ["1 x", "1 1"]}},
        {"confusion": {"classes": 2, "right": -1, "total": 1, "mistaken": []}},
        {"residuals": {"number": 3}}, {"residuals": {"bars": [1] * BARS}},
    ],
)  # fmt: skip
def test_a_record_that_somebody_wrote_is_bounded_again(held: Any) -> None:
    assert plots_of(held) == {}
