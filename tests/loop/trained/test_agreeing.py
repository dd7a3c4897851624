"""Who hears of a module that no longer comes out as it did: one issue each, until it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.forge import choose
from deepcat.forge.git import Repository
from deepcat.loop.trained.agreeing import agreed, failed, is_worse, last
from deepcat.loop.trained.compared import Alike, Reproduced
from deepcat.records.trainings import Training

CPU = {"cpu": "one"}
AT = "2026-11-30T08:00:00+00:00"


def found(verdict: str, cpu: str = "one") -> Reproduced:
    return Reproduced("digits", "1.0.0", Alike(verdict), AT, 1.0, "", "4f2a00000001", {"cpu": cpu})


def on_cards(*cards: str) -> Reproduced:
    return replace(found("samples"), hardware={**CPU, "cloud": "rack", "cards": list(cards)})


def known(verdict: str, **other: Any) -> dict[str, Any]:
    return {
        "module": "digits",
        "version": "1.0.0",
        "verdict": verdict,
        "at": AT,
        "hardware": CPU,
    } | other


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        ({}, found("metrics"), False),
        ({}, found("differs"), True),
        (known("identical"), found("identical"), False),
        (known("identical"), found("samples"), True),
        (known("identical"), found("samples", "another"), False),
        (known("identical"), found("differs", "another"), True),
        (known("identical"), on_cards("H100"), False),
        (known("identical"), on_cards(), True),
        (known("differs"), found("metrics"), False),
        (known("of a newer deepcat"), found("metrics"), False),
        (known("samples", was=known("identical")), found("samples"), True),
        (known("samples", was=known("identical")), found("samples", "another"), True),
        (known("samples", was=known("identical")), found("identical"), False),
    ],
)
def test_people_hear_of_what_is_worse(
    before: Mapping[str, Any], now: Reproduced, worse: bool
) -> None:
    assert is_worse(before, now) is worse


def test_the_newest_of_the_very_version_counts() -> None:
    some = [
        known("samples", at="2026-11-01T08:00:00+00:00"),
        known("metrics"),
        known("differs", version="2.0.0"),
        known("differs", module="other"),
        {},
    ]
    trainings = [Training(f"{at:012}", "d", reproduced=each) for at, each in enumerate(some)]
    assert last(trainings, "digits", "1.0.0")["verdict"] == "metrics"
    assert last(trainings, "digits", "3.0.0") == {}


@pytest.mark.starts("git")
def test_one_issue_is_open_until_it_comes_out_as_it_did(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path],
) -> None:
    git = Repository(git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n"}))
    exits = DeepcatError("it ended with status 1", hint="mend", code="job/exit")
    with choose.open_inbox(choose.scene({}), git) as inbox:
        assert agreed(inbox, {}, found("metrics")).is_well
        assert inbox.open_keys() == frozenset()
        first = agreed(inbox, known("metrics"), found("differs"))
        again = agreed(inbox, known("differs"), found("differs"))
        assert not first.is_well and "it was metrics at" in first.line
        assert first.was == {"verdict": "metrics", "at": AT, "hardware": CPU} and not again.was
        assert not again.is_well and not failed(inbox, "digits", exits).is_well
        assert inbox.open_keys() == {"reproduce/digits"}
        assert agreed(inbox, known("differs"), found("metrics")).is_well
        assert inbox.open_keys() == frozenset()
        refused = DeepcatError("it learns from others", hint="", code="reproduce/data")
        assert failed(inbox, "digits", refused).is_well
        with pytest.raises(DeepcatError, match="no box"):
            failed(inbox, "digits", DeepcatError("no box", hint="", code="job/no-box"))
        assert inbox.open_keys() == frozenset()
