"""Plots that a stranger's script left: numbers that we draw, and words that do nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deepcat.host.job.drawn import CONFUSION, RESIDUALS
from deepcat.loop.trained.plots import lines, plots_of


def drawn(**files: Any) -> str:
    names = {"confusion": CONFUSION, "residuals": RESIDUALS}
    return "\n".join(lines(plots_of({names[k]: json.dumps(v).encode() for k, v in files.items()})))


def test_a_confusion_matrix_is_a_table() -> None:
    text = drawn(confusion={"labels": ["cat", "dog"], "matrix": [[48, 2], [5, 45]]})
    assert "| is ↓, taken for → | cat | dog |" in text
    assert "| cat | **48** | 2 |\n| dog | 5 | **45** |" in text
    assert "93 of 100 right (93.0%)" in text


def test_of_many_classes_those_that_are_mistaken_most_are_told() -> None:
    matrix = [[90 if at == to else 0 for to in range(40)] for at in range(40)]
    matrix[3][7], matrix[12][1] = 9, 4
    text = drawn(confusion={"labels": list(range(40)), "matrix": matrix})
    assert "| 3 | 7 | 9 |\n| 12 | 1 | 4 |\n" in text
    assert text.count("\n| ") == 3


def test_residuals_are_a_table_and_bars() -> None:
    text = drawn(residuals={"residuals": [at / 10 - 1 for at in range(21)]})
    assert "| 21 | " in text and "| -0.9 | 0 | 0.9 |" in text
    assert "bar [1, 1, 1" in text and 'x-axis "residual" -1 --> 1' in text
    assert "mermaid" not in drawn(residuals={"residuals": [2, 2, 2]})


def test_words_of_a_script_are_text() -> None:
    evil = "<b>|](x) @all\x1b[31m`"
    text = drawn(confusion={"labels": [evil, "b"], "matrix": [[1, 0], [0, 1]]})
    assert "<b>" not in text and "@all" not in text and "\x1b" not in text
    assert all(
        line.replace("\\|", "").count("|") == 4 for line in text.splitlines() if "**1**" in line
    )


@pytest.mark.parametrize(
    "content",
    [
        b"[", b"[]", b"{}", b"[" * 9999, b'{"labels": ["a"], "matrix": [[1]]}',
        b'{"labels": ["a", "b"], "matrix": [[1, 2]]}', b'{"labels": ["a", "b"], "matrix": 3}',
        b'{"labels": ["a", "b"], "matrix": [[1, NaN], [1, 2]]}',
        b'{"labels": ["a", "b"], "matrix": [[1, -1], [1, 2]]}',
        b'{"labels": ["a", "b"], "matrix": [[1, "x"], [1, true]]}',
        b'{"residuals": [1]}', b'{"residuals": [1, 1e999]}', b'{"residuals": "many"}',
        b'{"residuals": [1, "<script>"]}',
    ],
)  # fmt: skip
def test_what_is_no_plot_is_said_and_keeps_nothing_back(content: bytes) -> None:
    for name in (CONFUSION, RESIDUALS):
        found = plots_of({name: content})
        assert found.confusion is None and not found.residuals
        text = "\n".join(lines(found))
        assert "of its output cannot be shown" in text and "<script>" not in text


def test_no_plot_is_no_line() -> None:
    assert not drawn()
