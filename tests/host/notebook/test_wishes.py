"""What a box asks for, read as a stranger's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.notebook import wishes


def put(folder: Path, data: Any) -> None:
    (folder / wishes.WISH).write_text(data if isinstance(data, str) else json.dumps(data))


def test_a_wish_is_one_line_and_bounded(tmp_path: Path) -> None:
    assert wishes.wish_in(tmp_path) is None
    put(tmp_path, {"number": "12", "act": "save", "message": "Be\ntter\x1b[31m " + "x" * 500})
    found = wishes.wish_in(tmp_path)
    assert found is not None and found.number == "12"
    assert found.message.startswith("Better[31m x") and len(found.message) == 120


@pytest.mark.parametrize(
    "data",
    [
        "[" * 3000,
        "x" * 5000,
        [],
        {"number": "1", "act": "rm"},
        {"number": "1" * 41, "act": "save"},
        {"number": "../1", "act": "save"},
        {"act": "save"},
    ],
)
def test_what_is_no_wish_is_none(tmp_path: Path, data: Any) -> None:
    put(tmp_path, data)
    assert wishes.wish_in(tmp_path) is None


def test_neither_a_pipe_nor_a_link_is_waited_for_or_followed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / wishes.WISH)
    assert wishes.wish_in(tmp_path) is None
    (tmp_path / wishes.WISH).unlink()
    (tmp_path / "other").write_text(json.dumps({"number": "1", "act": "save"}))
    (tmp_path / wishes.WISH).symlink_to("other")
    assert wishes.wish_in(tmp_path) is None


def test_the_page_is_told_when_it_stops_and_why(tmp_path: Path) -> None:
    now = {"stops_at": 100.0, "warned": True, "reason": "until", "wish": {"number": "7"}}
    asked = {"wish": "7", "address": "a/b", "failed": ""}
    said = wishes.told(now, asked)
    assert (said["stops_at"], said["warned"], said["reason"]) == (100.0, True, "until")
    assert said["answered"] == {"wish": "7", "address": "a/b", "failed": ""}
    assert wishes.told({}, {})["reason"] == ""
    wishes.tell(tmp_path, said)
    assert json.loads((tmp_path / wishes.TOLD).read_text()) == said
    assert (tmp_path / wishes.TOLD).stat().st_mode & 0o777 == 0o644
