"""A cloud's offers in a few words."""

from __future__ import annotations

import pytest

from deepcat.clouds.offers import Offer
from deepcat.clouds.overview import free, gpus, price, wait


def offer(name: str = "a", **more: object) -> Offer:
    return Offer("far", name, "outside", **more)  # type: ignore[arg-type]


def card(name: str, count: int, memory: int = 0) -> Offer:
    return offer(name, accelerator=name, accelerators=count, memory_MiB_each=memory)


@pytest.mark.parametrize(
    ("offers", "words"),
    [
        ([], ("none", "?", "?", "none")),
        ([offer()], ("none", "?", "0", "none")),
        ([offer(free=2), offer("b", free=3)], ("none", "5", "0", "none")),
        ([offer(free=2), offer("b")], ("none", "2+", "0", "none")),
        ([offer(free=2), offer("b", free=9, down="it is off")], ("none", "2", "0", "none")),
        ([offer(shared=True)], ("none", "shared", "0", "none")),
        ([offer(price=2.0), offer("b", price=0.125)], ("none", "?", "0.125–2", "none")),
        ([offer(wait_s=90), offer("b", wait_s=7200)], ("none", "?", "0", "1.5 min")),
        ([offer(wait_s=90), offer("b")], ("none", "?", "0", "none")),
        ([card("A100-40GB", 2), card("T4", 4, 16384), card("T4", 4, 16384)],
         ("2 × A100-40GB, 4 × T4 16 GiB", "?", "0", "none")),
        ([card(name, 1) for name in "VWXYZ"], ("1 × V, 1 × W, 1 × X, 2 more", "?", "0", "none")),
    ],
)  # fmt: skip
def test_they_are_said(offers: list[Offer], words: tuple[str, ...]) -> None:
    assert (gpus(offers), free(offers), price(offers), wait(offers)) == words
