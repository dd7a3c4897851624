"""Which refusals a pull request is told of."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.loop.planned import refusals
from deepcat.plan.values import State, Status
from deepcat.records.record import Record

STATE = State(
    "demo", "digits", "1.0.0", "d" * 64, "serve", {}, "racks", "a", Status.RUNNING, "w", "c" * 40
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "clouds", "wish", "line"),
    [
        ("deployments/demo.yaml", ["racks"], "module: digits\nplacement: {}\n", 2),
        ("modules/digits/README.md", ["racks"], "module: digits\nplacement: {}\n", 2),
        ("clouds/racks.yaml", [], "module: digits\nplacement: {}\n", 2),
        # The file is still there, and says something else.
        ("clouds/racks.yaml", ["racks"], "module: digits\n", None),
        ("clouds/other.yaml", [], "module: digits\n", None),
        # The wish goes, too, and what runs may not.
        ("deployments/demo.yaml", [], "", 0),
    ],
)
def test_what_a_pull_request_refuses(
    tmp_path: Path, changed: str, clouds: list[str], wish: str, line: int | None
) -> None:
    if wish:
        (tmp_path / "deployments").mkdir()
        (tmp_path / "deployments" / "demo.yaml").write_text(wish)
    gathered = SimpleNamespace(
        records={"demo": Record(STATE)}, catalog=SimpleNamespace(clouds=clouds)
    )
    plan = SimpleNamespace(refusals={"demo": ("`clouds/racks.yaml` is gone",)})
    planned: Any = SimpleNamespace(gathered=gathered, plan=plan, modules={"demo": "digits"})
    planned.file_of = lambda name: f"deployments/{name}.yaml"
    asked: Any = (SimpleNamespace(path=changed),)
    found = refusals(planned, asked, work_tree(tmp_path))
    assert [(each.code, each.place.line) for each in found] == (
        [] if line is None else [("plan/refused", line)]
    )
