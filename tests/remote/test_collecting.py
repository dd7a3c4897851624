"""What a host tells of trainings, and hands on of what they made, whoever is root there."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.host.job import memory, outputs
from deepcat.remote import steps
from deepcat.remote.agent import agent
from deepcat.remote.collecting import bring_there, gather_there

pytestmark = pytest.mark.starts("Python")
GOAL = "4f2a" * 16
TOLD = {
    "node": "training",
    "training": "4f2a" * 3,
    "state": "ended",
    "attempt": 1,
    "metrics": {},
    "output": [],
    "left": [],
}
SUM = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of `x`


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Our code, as it lies on a host."""
    root = tmp_path_factory.mktemp("root")
    made = agent(root)
    folder = root / "base" / "agent" / made.digest
    with tarfile.open(made.archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
    (folder / "python").write_text(f"{sys.executable}\n")
    return str(folder)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A deployment whose training has ended well."""
    place = tmp_path / "0a1b" / "demo"
    folder = place / "jobs" / "training" / "1"
    (folder / "output" / "model").mkdir(parents=True)
    (folder / "output" / "model" / "a.bin").write_bytes(b"a" * 3_000_000)
    (folder / "output" / "empty").touch()
    live = {"folder": "jobs/training/1", "program": "demo~t~1", "goal": GOAL, "cards": []}
    state = {"jobs": {"training": {"live": live}}, "keeper": {"module": "deepcat.host.keeping"}}
    kept = memory.kept_at(place, "training", GOAL)
    kept.mkdir(parents=True)
    rows, _ = outputs.listed(folder / "output")
    end = {"at": "2026-11-30T00:00:00+00:00", "exit_status": 0, "why": "", "detail": ""}
    for path, data in {
        place / "state.json": state,
        place / "owner.json": {"name": "demo"},
        folder / "job.json": {"kept": str(kept)},
        folder / "end.json": end,
        kept / "seen.json": {"output": rows, "attempts": [{"began": "2026-11-30T00:00:00"}]},
    }.items():
        path.write_text(json.dumps(data))
    return place


def test_what_lies_there_is_told_and_brought(code: str, place: Path, tmp_path: Path) -> None:
    (told,) = gather_there(None, code, str(place), 60)
    assert (told["state"], told["training"]) == ("ended", GOAL[:12])
    assert [row["path"] for row in told["output"]] == ["empty", "model/a.bin"]
    bring_there(None, code, str(place), "training", tmp_path / "into")
    assert (tmp_path / "into" / "model" / "a.bin").stat().st_size == 3_000_000
    assert (tmp_path / "into" / "empty").read_bytes() == b""
    with pytest.raises(DeepcatError, match="no training `x`"):
        bring_there(None, code, str(place), "x", tmp_path / "none")
    (place / "jobs" / "training" / "1" / "output" / "model" / "a.bin").write_bytes(b"short")
    with pytest.raises(DeepcatError, match="not what was listed"):
        bring_there(None, code, str(place), "training", tmp_path / "cut")
    assert not any((tmp_path / "cut").iterdir())


def test_where_nothing_lies_nothing_is_told(code: str, tmp_path: Path) -> None:
    assert gather_there(None, code, str(tmp_path / "none"), 60) == []
    assert gather_there(None, str(tmp_path / "agent" / ("0" * 64)), str(tmp_path), 60) == []


@pytest.fixture
def lies(tmp_path: Path) -> Callable[..., str]:
    """Code on a host that answers as it likes, and says more behind that."""

    def make(answer: Any, rest: bytes = b"") -> str:
        folder = tmp_path / "lies" / "agent" / ("0" * 64)
        (folder / "deepcat" / "host").mkdir(parents=True)
        text = (
            "import sys\ndef main(asked):\n"
            f"    sys.stdout.write('\\n' + asked['mark'] + {json.dumps(answer)!r} + '\\n')\n"
            f"    sys.stdout.flush(); sys.stdout.buffer.write({rest!r})\n"
        )
        (folder / "deepcat" / "host" / "asked.py").write_text(text)
        (folder / "python").write_text(f"{sys.executable}\n")
        return str(folder)

    return make


@pytest.mark.parametrize(
    "answer",
    [
        "no list",
        {"failure": "no"},
        {"failure": {"message": 1}},
        [TOLD | {"node": "../x"}],
        [TOLD | {"training": "<script>"}],
        [TOLD | {"state": "fine"}],
        [TOLD | {"output": [{"path": "../../x", "bytes": 1, "sha256": SUM}]}],
        [{"node": "training"}],
        [7],
    ],
)
def test_an_odd_answer_is_none(lies: Callable[..., str], answer: Any) -> None:
    with pytest.raises(DeepcatError, match="the host answers oddly"):
        gather_there(None, lies(answer), "/tmp/demo", 60)


@pytest.mark.parametrize(
    ("answer", "rest", "says"),
    [
        ([{"path": "../../x", "bytes": 1, "sha256": SUM}], b"x", "oddly"),
        ([{"path": "/tmp/x", "bytes": 1, "sha256": SUM}], b"x", "oddly"),
        ([{"path": "x", "bytes": 1, "sha256": SUM}], b"y", "not what was listed"),
        ([{"path": "x", "bytes": 2, "sha256": SUM}], b"x", "not what was listed"),
        ([{"path": "x", "bytes": 1 << 60, "sha256": SUM}], b"x", "oddly"),
        (
            {"failure": {"kind": "module", "code": "a/b", "message": "gone", "hint": ""}},
            b"",
            "gone",
        ),
    ],
)
def test_nothing_is_written_that_was_not_listed(
    lies: Callable[..., str], tmp_path: Path, answer: Any, rest: bytes, says: str
) -> None:
    with pytest.raises(DeepcatError, match=says):
        bring_there(None, lies(answer, rest), "/tmp/demo", "training", tmp_path / "into")
    assert not any((tmp_path / "into").iterdir())
    assert not (tmp_path / "x").exists()


def test_what_follows_the_listed_files_is_left(lies: Callable[..., str], tmp_path: Path) -> None:
    code = lies([{"path": "x", "bytes": 1, "sha256": SUM}], b"x" + b"more" * 100_000)
    bring_there(None, code, "/tmp/demo", "training", tmp_path / "into")
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["x"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("[]", []),
        ('{"failure": {"kind": "quota", "code": "run/waits", "message": "m", "hint": "h"}}',
         {"kind": "quota", "code": "run/waits", "message": "m", "hint": "h"}),
    ],
)  # fmt: skip
def test_a_notebook_that_is_started_again_is_told_of_in_one_form(said: str, found: Any) -> None:
    question = steps.start("/base/agent/0a", "/base/0a1b/demo", 5)
    assert steps.answer(question, 0, f"{question.mark}{said}", "") == found
    odd = steps.answer(question, 0, f"{question.mark}[1]", "")
    assert isinstance(odd, steps.Fault)
