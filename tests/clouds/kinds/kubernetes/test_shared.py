"""What several hold at once is made once, and let go of by the last one."""

from __future__ import annotations

import pytest

from deepcat.clouds.kinds.kubernetes.shared import Shared


def test_the_last_one_lets_go() -> None:
    ended: list[list[str]] = []
    shared: Shared[list[str]] = Shared(ended.append)
    one = shared.take("a", lambda: ["a"])
    assert shared.take("a", lambda: ["another"]) is one
    other = shared.take("b", lambda: ["b"])
    shared.give_back("a")
    assert ended == []
    shared.give_back("a")
    shared.give_back("b")
    assert ended == [one, other]
    assert shared.take("a", lambda: ["anew"]) == ["anew"]


def test_what_cannot_be_made_is_held_by_nobody() -> None:
    shared: Shared[int] = Shared(lambda _: None)

    def broken() -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        shared.take("a", broken)
    assert shared.take("a", lambda: 1) == 1
