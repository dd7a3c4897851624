"""Whose records count in a clone."""

from __future__ import annotations

import pytest

from deepcat.records.choice import choose

ONE = {"remote.origin.url": "a"}
TWO = {**ONE, "remote.fork.url": "b"}


@pytest.mark.parametrize(
    ("settings", "branch", "said", "remote", "words"),
    [
        ({}, "main", "", "", ""),
        (ONE, "main", "", "origin", ""),
        ({"remote.up/stream.url": "a"}, "main", "", "up/stream", ""),
        (TWO, "main", "", "origin", "since the branch here follows none"),
        (
            {**TWO, "branch.main.remote": "fork"},
            "main",
            "",
            "fork",
            "which the branch here",
        ),
        ({**TWO, "branch.main.remote": "fork"}, "x", "", "origin", "follows none"),
        ({**TWO, "branch.main.remote": "."}, "main", "", "origin", "follows none"),
        (
            {**TWO, "deepcat.recordsremote": "fork"},
            "main",
            "",
            "fork",
            "as `deepcat.",
        ),
        (TWO, "main", "fork", "fork", "as you said"),
        ({**TWO, "deepcat.recordsremote": "none"}, "main", "", "", ""),
        ({**ONE, "deepcat.recordsremote": "none"}, "main", "origin", "origin", ""),
        (TWO, "main", "none", "", ""),
        ({"remote.a.url": "a", "remote.b.url": "b"}, "main", "", "", ""),
        # A server's own repository is the truth, also where it was copied from another one.
        ({**ONE, "core.bare": "true"}, "main", "", "", ""),
        ({**ONE, "core.bare": "true"}, "main", "origin", "origin", ""),
    ],
)
def test_one_remote_counts(
    settings: dict[str, str], branch: str, said: str, remote: str, words: str
) -> None:
    found = choose(settings, lambda: branch, said)
    assert found.remote == remote
    assert words in found.words if words else not found.words


@pytest.mark.parametrize(
    ("said", "seconds"), [("", 10), ("3", 3), ("0.5", 0.5), ("0", 10), ("-1", 10), ("soon", 10)]
)
def test_it_is_waited_for_as_long_as_was_said(said: str, seconds: float) -> None:
    assert choose({**ONE, "deepcat.recordstimeout": said}, str).timeout_s == seconds
