"""What is offered of a host's graphics cards."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.clouds.probed_cards import of_cards
from deepcat.host.cards import Card

A, B = Card("GPU-a", "Tesla T4", 0), Card("GPU-b", "Tesla T4", 1)
BIG = ("NVIDIA A100-SXM4-40GB", 40_960)
SMALL = [Card(f"MIG-{n}", BIG[0], 0, "1g.5gb", n) for n in range(4)]
LARGE = Card("MIG-l", BIG[0], 0, "3g.20gb", 9)
T4 = ("Tesla T4", 15_360)


@pytest.mark.parametrize(
    ("named", "listed", "taken", "expected", "odd"),
    [
        ((), (), (), {"accelerators": 0}, ""),
        ((T4, T4), (), (), {"accelerator": "Tesla T4", "accelerators": 2}, ""),
        ((T4, T4), (A, B), ("GPU-b",), {"accelerators": 1, "memory_MiB_each": 15_360}, ""),
        ((T4, T4), (A, B), ("GPU-a", "GPU-b"), {"accelerators": 0}, ""),
        (
            (T4, BIG), (A,), (), {"accelerators": 0},
            "2 different GPUs (NVIDIA A100-SXM4-40GB, Tesla T4); none is offered",
        ),
        (
            (BIG,), SMALL, ("MIG-0",),
            {"accelerators": 3, "mig": ("1g.5gb",), "memory_MiB_each": 5120}, "",
        ),
        # Never more of any profile than there is.
        (
            (BIG,), (*SMALL, LARGE), (),
            {"accelerators": 1, "mig": ("1g.5gb", "3g.20gb"), "memory_MiB_each": 5120}, "",
        ),
        # Beside a whole card the parts of another are not offered.
        ((BIG, BIG), (*SMALL, Card("GPU-c", BIG[0], 1)), (), {"accelerators": 1}, ""),
    ],
)  # fmt: skip
def test_what_is_offered(
    named: Any, listed: Any, taken: Any, expected: dict[str, Any], odd: str
) -> None:
    found, words = of_cards(named, listed, taken)
    assert {key: found[key] for key in expected} == expected
    assert ("mig" in found) == ("mig" in expected)
    assert words == odd
