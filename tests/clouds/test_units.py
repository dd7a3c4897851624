"""Sizes, times, shares and quotas as people write them."""

from __future__ import annotations

import pytest

from deepcat.clouds import units


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("40GiB", 40_960), ("64 GB", 61_035), ("512MiB", 512), ("1TiB", 1_048_576), ("100B", 0),
        ("1.5GiB", 1536), (2048, 2048), ("", 0), (None, 0), ("much", 0), ("40 parsec", 0),
        (True, 0), ("-4GiB", 0),
    ],
)  # fmt: skip
def test_sizes(text: object, size: int) -> None:
    assert units.mebibytes(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15min", 900), ("12h", 43_200), ("30d", 2_592_000), (7, 7), ("soon", None)],
)
def test_times(text: object, seconds: float | None) -> None:
    assert units.seconds(text) == seconds


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (0.995, 0.995), ("99.5%", 0.995), (99.5, 0.995), (1, 1.0), (None, 0.0), ("best", 0.0),
        ({"availability": 0.99}, 0.99),
    ],
)  # fmt: skip
def test_shares(value: object, share: float) -> None:
    assert units.share(value) == pytest.approx(share)


def test_quotas_are_read_by_owner() -> None:
    found = units.quotas({"*": {"accelerators": 2}, "@ada": {"memory": "64GiB", "x-note": 1}})
    assert found == (("*", (("accelerators", 2.0),)), ("ada", (("memory", 65_536.0),)))
    assert units.quotas(None) == ()
    assert units.quotas({"ada": 5}) == ()


def test_people_read_sizes_and_times() -> None:
    assert units.human_memory(40_960) == "40 GiB"
    assert units.human_memory(512) == "512 MiB"
    assert [units.human_time(s) for s in (40, 900, 9000, 259_200)] == [
        "40 s", "15 min", "2.5 h", "3 d",
    ]  # fmt: skip
