"""Which bodies wait for which."""

from __future__ import annotations

from itertools import pairwise

import pytest

from deepcat.serving.server.turns import SMALL, turn


@pytest.mark.parametrize(
    ("one", "other", "wait"),
    [
        (0, 0, False),
        (SMALL, SMALL, False),
        (SMALL + 1, SMALL + 1, True),
        (SMALL, SMALL + 1, False),
        (SMALL + 1, 4 * SMALL - 1, True),
        (2**20, 2**21, True),
        (2**20, 64 * 2**20, False),
        (64 * 2**20, 65 * 2**20, True),
    ],
)
def test_who_waits_for_whom(one: int, other: int, wait: bool) -> None:
    both = turn(one), turn(other)
    assert (both[0] is both[1] and hasattr(both[0], "locked")) is wait


def test_nobody_waits_for_what_is_eight_times_as_large() -> None:
    sizes = [2 * SMALL * 8**number for number in range(8)]
    assert all(turn(small) is not turn(large) for small, large in pairwise(sizes))
