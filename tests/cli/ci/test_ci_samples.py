"""`deepcat ci samples`: changed modules answer for themselves on the embedded server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from deepcat.host.box.layers import Layers

MODULE_FILE = "modules/half-plus-two/module.yaml"


def samples(found: Any) -> Any:
    found.git("checkout", "-q", "-b", "mine")
    found.commit("mine")
    out = found.root / ".deepcat/ci"
    said = found.deepcat("ci", "samples", "--base", "main", "--out", str(out))
    return said, json.loads((out / "samples.json").read_text())["samples"]


@pytest.mark.tensorflow
def test_a_wrong_answer_is_told_and_the_others_pass(place: Callable[..., Any]) -> None:
    found = place()
    found.edit(MODULE_FILE, "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]")
    said, (result,) = samples(found)
    assert said.code == 1
    assert (result["module"], result["passed"]) == ("half-plus-two", 4)
    assert list(result["failed"]) == ["three-numbers"]
    assert "expected 9.5, got 2.5" in result["failed"]["three-numbers"]


@pytest.mark.tensorflow
def test_a_change_of_what_runs_is_tried_and_passes(place: Callable[..., Any]) -> None:
    found = place()
    found.edit(MODULE_FILE, "tolerance: 0.0001", "tolerance: 0.001")
    said, (result,) = samples(found)
    assert (said.code, result["passed"], result["failed"]) == (0, 5, {})


def test_words_alone_start_no_server(place: Callable[..., Any]) -> None:
    found = place()
    found.write({"modules/half-plus-two/README.md": "# Words\n"})
    said, results = samples(found)
    assert (said.code, results) == (0, [])


@pytest.fixture
def no_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepcat.host.box.layers.available", Layers)


def test_without_a_box_nothing_is_tried_and_the_review_says_so(
    place: Callable[..., Any], no_box: None
) -> None:
    found = place()
    found.edit(MODULE_FILE, "tolerance: 0.0001", "tolerance: 0.001")
    # The branch itself cannot say that it wants none.
    found.edit(
        "deepcat.yaml", "apiVersion: deepcat/v1\n", "apiVersion: deepcat/v1\nunboxed: true\n"
    )
    said, (result,) = samples(found)
    assert (said.code, result["passed"], result["failed"]) == (1, 0, {})
    assert "this machine gives no box" in result["untried"]
    assert "seccomp" in result["untried"]
    assert "not tried, this machine gives no box" in said.text


@pytest.mark.tensorflow
def test_the_owners_of_the_target_may_do_without(place: Callable[..., Any], no_box: None) -> None:
    found = place()
    found.edit(
        "deepcat.yaml", "apiVersion: deepcat/v1\n", "apiVersion: deepcat/v1\nunboxed: true\n"
    )
    found.commit("no box here")
    found.edit(MODULE_FILE, "tolerance: 0.0001", "tolerance: 0.001")
    said, (result,) = samples(found)
    assert (said.code, result["passed"], result["failed"]) == (0, 5, {})


@pytest.mark.starts("a box")
def test_a_box_that_cannot_be_made_is_not_the_model_s_fault(
    place: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = place()
    found.edit(MODULE_FILE, "tolerance: 0.0001", "tolerance: 0.001")
    monkeypatch.setattr("deepcat.host.box.needs.of_python", lambda: ("/no/such/folder",))
    said, (result,) = samples(found)
    assert (said.code, result["passed"], result["failed"]) == (1, 0, {})
    assert "gives no box to a stranger's program: [Errno 2]" in result["untried"]
