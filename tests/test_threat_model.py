"""The threat model names tests that there are, and no row goes without one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PAGE = "site/pages/guides/threat-model.md"
COLUMNS = ["who", "entry", "defence", "shown by", "what is left"]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def _tables(text: str) -> Iterator[list[list[str]]]:
    """Each table's rows, the head first."""
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            yield [row for row in rows if set(row[0]) - set("-")]
            rows = []


def _rows(repository: Path) -> list[list[str]]:
    text = (repository / PAGE).read_text("utf-8")
    return [row for table in _tables(text) if table[0] == COLUMNS for row in table[1:]]


def _tests_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_each_row_is_whole_and_shown_by_a_test(repository: Path) -> None:
    rows = _rows(repository)
    assert len(rows) > 25
    for row in rows:
        assert len(row) == len(COLUMNS), row
        assert all(row[:4]), row
        assert TEST.sub("", row[3]).strip(", ") == "", f"no test's name: {row[3]}"


def test_each_test_that_is_named_is_there(repository: Path) -> None:
    named = {found for row in _rows(repository) for found in TEST.findall(row[3])}
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (repository / path).is_file() or name not in _tests_of(repository / path)
    ]
    assert missing == []


def test_a_missing_test_would_be_seen(repository: Path) -> None:
    assert "test_that_nobody_wrote" not in _tests_of(repository / "tests/test_threat_model.py")
    assert TEST.findall("`tests/x.py::test_y`, `tests/z/q.py::test_w`") == [
        ("tests/x.py", "test_y"),
        ("tests/z/q.py", "test_w"),
    ]
