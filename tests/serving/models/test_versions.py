"""Versions that come and go while the server runs."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served_versions import BODY, answer, message, put, states
from waiting import until

from deepcat.serving.contract.policy import Policy, to_unload, version_numbers

NUMBERS = st.sets(st.integers(0, 20))


@given(NUMBERS, NUMBERS)
def test_requests_always_find_a_version(serving: set[int], wanted: set[int]) -> None:
    ended = set(to_unload(serving, wanted))
    assert ended <= serving - wanted
    assert not serving or serving - ended
    assert ended == (serving - wanted if serving & wanted else set())


@given(NUMBERS, st.integers(1, 5))
def test_the_largest_are_wanted(versions: set[int], latest: int) -> None:
    assert Policy(latest).wanted(versions) == sorted(versions, reverse=True)[:latest]


def test_names_that_are_versions() -> None:
    names = ["1", "002", "x", "-3", "1.5", "", "٣", str(2**63), "7 "]
    assert version_numbers(names) == {1: "1", 2: "002"}


@pytest.mark.tensorflow
def test_a_new_version_takes_over_and_no_request_fails(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    put(models / "half_plus_two_tf1" / "123", folder / "1")
    server = start_server("--model", f"m={folder}", "--poll-seconds", "0.05")
    answers: list[tuple[int, Any]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answer = server.predict("m", BODY)
            answers.append((answer.status, answer.json.get("predictions")))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(answers) > 20)
        put(models / "half_plus_three_tf1" / "123", folder / "2")
        until(lambda: states(server) == {"2": "AVAILABLE", "1": "END"})
        shutil.rmtree(folder / "2")
        until(lambda: states(server) == {"2": "END", "1": "AVAILABLE"})
        before = len(answers)
        until(lambda: len(answers) > before + 20)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert {status for status, _ in answers} == {200}
    values = [predictions[0] for _, predictions in answers]
    assert set(values) == {2.5, 3.5}
    assert (values[0], values[-1]) == (2.5, 2.5)


@pytest.mark.tensorflow
def test_a_broken_version_leaves_the_old_one(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    put(models / "half_plus_two_tf1" / "123", folder / "1")
    server = start_server("--model", f"m={folder}", "--poll-seconds", "0.05")
    (folder / "2").mkdir()
    (folder / "2" / "saved_model.pb").write_bytes(b"no model")
    until(lambda: states(server).get("2") == "END")
    assert states(server) == {"2": "END", "1": "AVAILABLE"}
    (broken,) = server.ask("GET", "/v1/models/m/versions/2").json["model_version_status"]
    assert broken["status"]["error_code"] != "OK"
    assert broken["status"]["error_message"]
    assert server.predict("m", BODY).json == {"predictions": [2.5]}
    # Mended in place, it takes over.
    shutil.copytree(models / "half_plus_three_tf1" / "123", folder / "2", dirs_exist_ok=True)
    until(lambda: states(server) == {"2": "AVAILABLE", "1": "END"})
    assert server.predict("m", BODY).json == {"predictions": [3.5]}


@pytest.mark.tensorflow
def test_one_model_that_fails_does_not_stop_the_others(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "bad" / "1").mkdir(parents=True)
    (tmp_path / "bad" / "1" / "saved_model.pb").write_bytes(b"\xff" * 100)
    put(models / "half_plus_two_tf1" / "123", tmp_path / "spoilt" / "1")
    (shard,) = (tmp_path / "spoilt" / "1" / "variables").glob("*.data-*")
    shard.write_bytes(bytes(byte ^ 255 for byte in shard.read_bytes()))
    lacking = tmp_path / "lacking"
    put(models / "half_plus_two_tf1" / "123", tmp_path / "lacking" / "1")
    os.truncate(lacking / "1" / "variables" / "variables.index", 10)
    server = start_server(
        "--model", f"bad={tmp_path / 'bad'}", "--model", f"lacking={lacking}",
        "--model", f"spoilt={tmp_path / 'spoilt'}",
        "--model", f"good={models / 'half_plus_two_tf1'}", "--poll-seconds", "0",
    )  # fmt: skip
    assert server.predict("good", BODY).status == 200
    for name in ("bad", "lacking", "spoilt"):
        assert states(server, name) == {"1": "END"}
        answer = server.predict(name, BODY)
        assert answer.status == 404
        assert answer.json == {"error": f"Servable not found for request: Latest({name})"}
    log = server.log.read_text()
    assert "WARNING bad version 1 waits: saved_model.pb is cut short, or none, in /" in log
    assert "waits: variables are lacking: variables/variables.index is cut short, in /" in log
    assert "WARNING spoilt version 1 does not load: " in log


@pytest.fixture
def served(models: Path, start_server: Callable[..., Any], tmp_path: Path) -> tuple[Any, Path]:
    """A server of a model's folder, by way of a link; it answers x / 2 + 2."""
    put(models / "half_plus_two_tf1" / "123", tmp_path / "real" / "1")
    (tmp_path / "m").symlink_to(tmp_path / "real")
    return start_server(
        "--model", f"m={tmp_path / 'm'}", "--poll-seconds", "0.05"
    ), tmp_path / "real"


@pytest.mark.tensorflow
def test_a_half_copied_version_waits_while_the_old_one_serves(
    models: Path, served: tuple[Any, Path]
) -> None:
    server, folder = served
    source = models / "half_plus_three_tf1" / "123"
    names = sorted(path for path in source.rglob("*") if path.is_file())
    for count, path in enumerate(names, 1):
        target = folder / "2" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        # Half of a file first, as a slow copy has it.
        target.write_bytes(content[: len(content) // 2])
        until(lambda: states(server) == {"2": "END", "1": "AVAILABLE"})
        assert "lacking" in message(server, 2) or "cut short" in message(server, 2)
        assert answer(server) == {"predictions": [2.5]}
        target.write_bytes(content)
        if count < len(names):
            until(lambda: "cut short" not in message(server, 2))
    until(lambda: states(server) == {"2": "AVAILABLE", "1": "END"})
    assert answer(server) == {"predictions": [3.5]}


@pytest.mark.tensorflow
def test_what_lies_in_a_version_s_folder_may_be_replaced(
    models: Path, served: tuple[Any, Path], tmp_path: Path
) -> None:
    server, folder = served
    two, three = (models / f"half_plus_{n}_tf1" / "123" for n in ("two", "three"))
    # In place: what is broken meanwhile is not loaded, and what serves goes on.
    graph = folder / "1" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:50])
    until(lambda: "what was loaded before serves: saved_model.pb" in message(server, 1))
    assert states(server) == {"1": "AVAILABLE"}
    assert answer(server) == {"predictions": [2.5]}
    shutil.copytree(three, folder / "1", dirs_exist_ok=True)
    until(lambda: answer(server) == {"predictions": [3.5]})
    assert message(server, 1) == ""
    # Its folder goes, and comes again with something else.
    shutil.rmtree(folder / "1")
    until(lambda: "its folder holds no version" in server.log.read_text())
    assert answer(server) == {"predictions": [3.5]}
    put(two, folder / "1")
    until(lambda: answer(server) == {"predictions": [2.5]})
    # All of it goes.
    folder.rename(tmp_path / "away")
    until(lambda: "No such file or directory" in server.log.read_text())
    assert answer(server) == {"predictions": [2.5]}
    # The link leads elsewhere.
    put(three, tmp_path / "other" / "1")
    (tmp_path / "next").symlink_to(tmp_path / "other")
    (tmp_path / "next").rename(tmp_path / "m")
    until(lambda: answer(server) == {"predictions": [3.5]})
    assert states(server) == {"1": "AVAILABLE"}
