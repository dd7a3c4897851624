"""What is wished for a version that is trained again on a cloud, and what nobody waits for."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.build import deployment_of
from deepcat.errors import DeepcatError
from deepcat.loop.trained import elsewhere, waited
from deepcat.loop.trained.candidate import Folder
from deepcat.loop.trained.reproduce import Asked
from deepcat.plan.reproduction import WORD, of, said
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.trainings import ENDED, REPRODUCED, Training, best

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COMMIT = "a" * 40
LOCKED = """\
import sys, time
from pathlib import Path
from deepcat.loop.trained.waited import waited_for
with waited_for(Path(sys.argv[1]), "one"):
    print("held", flush=True)
    sys.stdin.read()
"""


def folder(version: str, **training: Any) -> Folder:
    return Folder("m", {}, {"version": version, "training": training}, {})


def given(**more: Any) -> Asked:
    trained = folder("1.0.0", data={"points": {"dataset": "few"}})
    return Asked(folder("1.1.0"), trained, {}, {"epochs": 3}, "", "", at=COMMIT, **more)


def wished(asked: Asked, **data: Any) -> dict[str, Any]:
    return elsewhere.wish(asked, ("first",), 600, NOW, data)


def record(name: str, until: datetime | None) -> Record:
    asked = {WORD: {"until": until.isoformat()}} if until else {}
    return Record(
        State(name, "m", "1.0.0", "", "train", {}, "c", "s", Status.ENDED, "", "", asked=asked)
    )


def test_it_is_taken_from_the_commit_that_made_it_and_is_another_each_time() -> None:
    one, two = wished(given()), wished(given())
    assert (one["version"], one["inputs"], one["profile"]) == ("1.0.0", {"epochs": 3}, "train")
    assert (said(one)["version"], said(one)["commit"]) == ("1.1.0", COMMIT)
    assert one["limits"] == {"time": "600s"}
    assert "from" not in one and "data" not in one
    assert said(one)["token"] != said(two)["token"]
    assert elsewhere.name_of(one) != elsewhere.name_of(two)
    assert wished(given(begins=True))["from"] == "1.0.0"


def test_what_a_file_says_of_it_counts_for_nothing() -> None:
    data = wished(given())
    assert of(deployment_of("one", "", data)) == data[WORD]
    assert of(deployment_of("one", "deployments/one.yaml", data)) == {}


@pytest.mark.parametrize(
    ("then", "other"),
    [
        ({}, {}),
        ({"points": {"dataset": "few", "digest": "1"}}, {}),
        ({"points": {"dataset": "many", "digest": "1"}}, {"points": "many"}),
        ({"points": {"address": "https://a.b/c"}}, {"points": "https://a.b/c"}),
    ],
)
def test_data_that_its_wish_named_is_named_again(then: Any, other: dict[str, str]) -> None:
    assert elsewhere.other_data(given(data_then=then)) == other


class Read:
    """A wish that reads data of a digest."""

    def __init__(self, digest: str) -> None:
        node = type("Node", (), {"properties": {"data": {"points": {"digest": digest}}}})
        self.topology = type("Topology", (), {"nodes": {"training": node}})


def test_other_data_than_it_learnt_from_is_refused() -> None:
    asked = given(data_then={"points": {"dataset": "few", "digest": "1"}})
    elsewhere.require_same_data(asked, Read("1"))  # type: ignore[arg-type]
    with pytest.raises(
        DeepcatError, match=r"`points` \(few\) is not what `m` learnt from"
    ) as caught:
        elsewhere.require_same_data(asked, Read("2"))  # type: ignore[arg-type]
    assert caught.value.code == "reproduce/data"


@pytest.mark.starts("a program that waits")
def test_what_is_over_or_of_a_killed_one_is_left_and_what_is_waited_for_is_not(
    tmp_path: Path,
) -> None:
    later, before = NOW + timedelta(hours=1), NOW - timedelta(seconds=1)
    records = {
        "one": record("one", later),  # waited for here
        "other": record("other", later),  # by another clone
        "over": record("over", before),
        "usual": record("usual", None),
    }
    words = [sys.executable, "-c", LOCKED, str(tmp_path)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as waiting:
        assert waiting.stdout is not None and waiting.stdout.readline() == b"held\n"
        left = elsewhere.abandoned(tmp_path, records, NOW)
        assert [each.name for each in left] == ["over"]
        waited.forget(tmp_path, ())
        waiting.kill()
        waiting.wait()
        left = elsewhere.abandoned(tmp_path, records, NOW, ("over",))
        assert [each.name for each in left] == ["one"]
        waited.forget(tmp_path, records)
        assert elsewhere.abandoned(tmp_path, {"one": record("one", None)}, NOW)  # an intent alone
        waited.forget(tmp_path, ())
        assert not elsewhere.abandoned(tmp_path, {"one": record("one", later)}, NOW)


def test_nobody_waits_for_ever() -> None:
    for none in (None, record("usual", None), record("one", NOW + timedelta(seconds=1))):
        elsewhere.require_time(none, NOW)
    with pytest.raises(DeepcatError, match="waited for until 2026-01-01") as caught:
        elsewhere.require_time(record("over", NOW), NOW)
    assert caught.value.code == "training/over"


def test_one_that_did_not_end_well_is_said_by_its_code() -> None:
    well = Training("a" * 12, "d", state=ENDED, exit_status=0)
    assert elsewhere.require_well(well) is well
    late = Training("a" * 12, "d", state="failed", stopped="time", module="m", cloud="c", shape="s")
    with pytest.raises(DeepcatError) as caught:
        elsewhere.require_well(late)
    assert caught.value.code == "job/time"
    failure = {"code": "job/exit", "last": ["first", "no such file"]}
    with pytest.raises(DeepcatError, match="with status 3: it said last: no such file") as caught:
        elsewhere.require_well(
            Training("a" * 12, "d", state="failed", exit_status=3, failure=failure)
        )
    assert caught.value.code == "job/exit"


def test_what_repeats_another_is_never_the_best() -> None:
    usual = Training("a" * 12, "d", state=ENDED, metrics={"loss": 2.0})
    again = Training("b" * 12, "e", state=ENDED, metrics={"loss": 1.0}, by=REPRODUCED)
    assert best([usual, again], "loss", higher=False) is usual
