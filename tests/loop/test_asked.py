"""A training that a command asked for is a wish until it has ended; no other record is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.loop.asked import is_over, with_asked
from deepcat.plan.values import State, Status
from deepcat.records.record import Record, from_text, to_text

WISH = {"apiVersion": "deepcat/v1", "module": "digits", "profile": "train", "version": "*"}
STATE = State(
    "learn", "digits", "1.0.0", "d", "train", {}, "here", "host", Status.RUNNING, "w", "",
    is_job=True, asked=WISH,
)  # fmt: skip


def names(root: Path, state: State, asked: dict[str, Any] | None = None) -> set[str]:
    tree = work_tree(root)
    return set(with_asked(load(tree), tree, {state.name: Record(state)}, asked).deployments)


@pytest.fixture
def root(git_tree_at: Callable[[dict[str, str]], Path]) -> Path:
    return git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n"})


def test_it_is_a_wish_until_it_has_ended(root: Path) -> None:
    assert names(root, STATE) == {"learn"}
    assert names(root, replace(STATE, status=Status.FAILED)) == {"learn"}, "it was lost"
    ended = replace(STATE, status=Status.ENDED, exit_status=0, ended="2026-11-30T08:00:00+00:00")
    assert is_over(Record(ended))
    assert names(root, ended) == set()
    assert names(root, ended, {"learn": WISH}) == {"learn"}, "somebody asks for it again"
    assert not is_over(Record(replace(ended, asked={})))


@pytest.mark.parametrize(
    "data", [{}, {**WISH, "profile": "serve"}, {**WISH, "more": 1}, {**WISH, "module": "../x"}]
)
def test_what_is_no_training_is_no_wish(root: Path, data: dict[str, Any]) -> None:
    assert names(root, replace(STATE, asked=data)) == set()


def test_a_file_counts_before_it(git_tree_at: Callable[[dict[str, str]], Path]) -> None:
    file = {"deployments/learn.yaml": "apiVersion: deepcat/v1\nmodule: digits\n"}
    found = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n", **file})
    tree = work_tree(found)
    own = with_asked(load(tree), tree, {"learn": Record(STATE)}).deployments.get("learn")
    assert own is None or own.path


def test_its_record_keeps_it() -> None:
    assert from_text(to_text(Record(STATE)), "learn").state.asked == WISH
