"""What looks after a training in a pod: what it tells, to whom, and when the training must end."""

from __future__ import annotations

import hashlib
import http.client
import json
import signal
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import until

from deepcat.host.failure import StepError
from deepcat.host.job.pods import keep, run, stage, values
from deepcat.host.job.pods.values import status_of

pytestmark = pytest.mark.starts("a server on loopback")
TICKET = "a-ticket"


class Asked:
    def __init__(self, keeping: keep.Keeping, port: int) -> None:
        self.keeping, self._port = keeping, port

    def __call__(
        self, path: str, verb: str = "GET", body: str = "", ticket: str = TICKET
    ) -> tuple[int, bytes]:
        asking = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        asking.request(verb, path, body, {"Authorization": f"Bearer {ticket}"})
        answer = asking.getresponse()
        content = answer.read()
        asking.close()
        return answer.status, content


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(values, "WORK", tmp_path / "work")
    for name in ("output", "checkpoints", "work"):
        (tmp_path / "work" / name).mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    return tmp_path / "work"


@pytest.fixture
def asked(folder: Path) -> Iterator[Asked]:
    held = {"memory_bytes": 1, "environment": {}, "limits": {"time_s": 900}}
    keeping = keep.Keeping(held, folder, folder.parent / "kept")
    server = keep.serving(keeping, TICKET, ("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Asked(keeping, server.server_address[1])
    server.shutdown()
    server.server_close()


def test_it_tells_figures_and_what_was_made_to_who_shows_the_ticket(
    asked: Asked, folder: Path
) -> None:
    assert asked(values.GOES_ON, ticket="") == (200, b"")
    (folder / "output" / "metrics.jsonl").write_text('{"step": 1, "loss": 0.5}\n')
    (folder / "output" / "model.json").write_text("{}")
    (folder / "output" / "link").symlink_to("/etc/passwd")
    (folder / "checkpoints" / "1").write_text("")
    for path in (values.TOLD, values.OVER, values.OUTPUT):
        assert asked(path, ticket="another") == (403, b"")
    assert asked(values.LIMITS, "PUT", "{}", ticket="another")[0] == 403
    status, content = asked(values.OVER)
    told = json.loads(content)
    assert (status, told["metrics"]["loss"]["last"]) == (200, 0.5)
    assert told["checkpoint"]["name"] == "1"
    assert [row["path"] for row in told["output"]] == ["metrics.jsonl", "model.json"]
    assert told["left"] == ["link: a link"]
    assert asked(values.OUTPUT) == (200, b'{"step": 1, "loss": 0.5}\n{}')


@pytest.mark.parametrize(
    ("limits", "why"), [({"time_s": 0.001}, b"time"), ({"halt": True}, b"halted")]
)
def test_a_limit_that_is_passed_ends_it(
    asked: Asked, limits: dict[str, object], why: bytes
) -> None:
    assert asked(values.GOES_ON) == (200, b"")
    asked.keeping.look()
    assert asked(values.GOES_ON) == (200, b"")
    assert asked(values.LIMITS, "PUT", json.dumps(limits))[0] == 200

    def is_over() -> bool:
        asked.keeping.look()
        return asked(values.GOES_ON) == (503, why)

    until(is_over)
    assert json.loads(asked(values.OVER)[1])["why"] == why.decode()


@pytest.mark.parametrize(
    ("why", "status"),
    [("stopped", 0), ("time", 124), ("disk", 124), ("halted", 143), ("", 7)],
)
def test_an_end_by_a_limit_has_a_status_of_its_own(why: str, status: int) -> None:
    assert status_of(why, 7) == status


TRAIN = """
import os, pathlib
out = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
(out / "model").mkdir()
seen = pathlib.Path(os.environ["DEEPCAT_DATA_BIRDS"], "a.csv").read_text()
(out / "model" / "saved_model.pb").write_text(seen)
(out / "evaluated.json").write_text('{"new": {"metrics": {"loss": 0}}}')
"""
MEASURE = """
import json, os, pathlib
found = float(pathlib.Path(os.environ["DEEPCAT_MODEL"], "saved_model.pb").read_text())
pathlib.Path(os.environ["DEEPCAT_OUTPUT"], "metrics.json").write_text(json.dumps({"loss": found}))
"""


def brought(folder: Path, text: str = "0.5") -> str:
    """Data of one file that came along; gives its digest."""
    sums = f"{hashlib.sha256(b'0.5').hexdigest()}  a.csv\n"
    digest = hashlib.sha256(sums.encode()).hexdigest()
    (folder / digest / "files").mkdir(parents=True)
    (folder / digest / "sums").write_text(sums)
    (folder / digest / "files" / "a.csv").write_text(text)
    return digest


def staged(digest: str) -> dict[str, object]:
    datum = {"name": "birds", "digest": digest, "address": "datasets/birds/files", "bytes": 3}
    return {"data": [datum], "hosts": []}


def test_data_is_staged_whole_or_not_at_all(tmp_path: Path) -> None:
    digest = brought(tmp_path / "brought")
    stage.stage(staged(digest), tmp_path / "data", tmp_path / "brought")
    (found,) = (tmp_path / "data").rglob("a.csv")
    assert (found.read_text(), found.stat().st_mode & 0o777) == ("0.5", 0o444)
    brought(tmp_path / "other", "0.6")
    with pytest.raises(StepError) as told:
        stage.stage(staged(digest), tmp_path / "more", tmp_path / "other")
    assert told.value.code == "data/changed"
    assert not list((tmp_path / "more").rglob("a.csv"))


@pytest.mark.parametrize("evaluate", ["python measure.py", ""])
def test_both_models_are_measured_after_a_training_and_nothing_that_it_said_counts(
    evaluate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORK", "MODULE", "DATA"):
        monkeypatch.setattr(values, name, tmp_path / name.lower())
        (tmp_path / name.lower()).mkdir()
    (values.MODULE / "train.py").write_text(TRAIN)
    (values.MODULE / "measure.py").write_text(MEASURE)
    digest = brought(tmp_path / "brought")
    stage.stage(staged(digest), values.DATA, tmp_path / "brought")
    job = {"argv": ["python", "train.py"], "inputs": [], "environment": {}, "python": "",
           "for_python": "", "retries": 0, "keep": 0, "file_bytes": 0,
           "data": [["birds", digest]], "evaluate": evaluate,
           "old": "model.tar.gz", "begins_from": "" if evaluate else "a" * 64}  # fmt: skip
    if not evaluate:
        with tarfile.open(values.MODULE / "model.tar.gz", "w:gz") as tar:
            (tmp_path / "saved_model.pb").write_bytes(b"m")
            tar.add(tmp_path / "saved_model.pb", "saved_model.pb")
    monkeypatch.setenv(values.VARIABLE, json.dumps(job))
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(SystemExit) as ended:
            run.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended.value.code == 0
    told = values.WORK / "output" / "evaluated.json"
    if not evaluate:
        assert not told.exists()
        assert (values.WORK / "from" / "saved_model.pb").read_bytes() == b"m"
        return
    found = json.loads(told.read_text())
    assert found["new"] == {"metrics": {"loss": 0.5}}
    assert found["old"] == {"failed": "there is no archive of it"}
