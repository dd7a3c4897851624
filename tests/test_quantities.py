"""Sizes, times and shares as people and as TOSCA write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat import quantities
from deepcat.quantities import SIZES, TIMES, Spelling, mebibytes
from deepcat.tosca.reading import scalars

UNITS = [(s, unit) for s in (SIZES, TIMES, *scalars.UNITS.values()) for unit in s.factors]
NUMBERS = st.decimals(0, 10**9, places=3)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("40GiB", 40_960), ("64 GB", 61_035), ("512MiB", 512), ("1TiB", 1_048_576), ("100B", 0),
        ("1.5GiB", 1536), ("40G", 38_147), ("40 gib", 40_960), ("0.5 TiB", 524_288),
        ("1024 MB", 977), ("1048576 B", 1), ("2048", 2048), (2048, 2048), ("", 0), (None, 0),
        ("much", 0), ("40 parsec", 0), (True, 0), ("-4GiB", 0), ("1.2.3GiB", 0), ("1e3", 0),
    ],
)  # fmt: skip
def test_sizes(text: object, size: int) -> None:
    assert mebibytes(text) == size


@pytest.mark.parametrize(
    ("text", "size"), [("4 GiB", 4096), ("4G", 0), ("4", 0), (4, 0), ("4 gb", 3815), (None, 0)]
)
def test_sizes_of_tosca_name_their_unit(text: object, size: int) -> None:
    assert scalars.mebibytes(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90), ("15min", 900), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600),
        ("5m", 300), ("7", 7), (7, 7), ("soon", None), ("5M", None), ("5ms", None), (None, None),
    ],
)  # fmt: skip
def test_times(text: object, seconds: float | None) -> None:
    assert quantities.seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("5 m", 300), ("5 MS", "0.005"), ("2 d", 172_800), ("2 w", None)]
)
def test_times_of_tosca(text: str, seconds: int | str | None) -> None:
    expected = None if seconds is None else Decimal(seconds)
    assert scalars.quantity(text, "scalar-unit.time") == expected


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (0.995, 0.995), ("99.5%", 0.995), (99.5, 0.995), (1, 1.0), ("0.5 %", 0.005),
        ("250%", 1.0), (None, 0.0), ("best", 0.0), ("5s", 0.0),
    ],
)  # fmt: skip
def test_shares(value: object, share: float) -> None:
    assert quantities.share(value) == pytest.approx(share)


@given(NUMBERS, st.sampled_from(UNITS), st.sampled_from(["", " ", "  "]))
def test_an_amount_is_its_number_times_its_unit(
    number: Decimal, case: tuple[Spelling, str], blank: str
) -> None:
    spelling, unit = case
    assert spelling.read(f"{number:f}{blank}{unit}") == number * spelling.factors[unit]
    if spelling.folds:
        assert spelling.read(f"{number:f}{unit.lower()}") == number * spelling.factors[unit]


@given(NUMBERS, st.sampled_from(sorted(scalars.UNITS["scalar-unit.size"].factors)))
def test_people_read_every_size_of_tosca_alike(number: Decimal, unit: str) -> None:
    text = f"{number:f} {unit}"
    assert SIZES.read(text) == scalars.quantity(text, "scalar-unit.size")


@given(st.integers(0, 10**7))
def test_a_size_that_is_written_for_people_is_read_again(size: int) -> None:
    assert mebibytes(quantities.human_memory(size)) == pytest.approx(size, rel=1e-3)


@given(st.floats(0, 10**9))
def test_a_time_that_is_written_for_people_is_read_again(seconds: float) -> None:
    written = quantities.human_time(float(f"{seconds:.3f}"))
    read = quantities.seconds(written)
    assert read is None if "e" in written else read == pytest.approx(seconds, rel=1e-2, abs=1e-2)


def test_people_read_sizes_and_times() -> None:
    assert quantities.human_memory(40_960) == "40 GiB"
    assert quantities.human_memory(512) == "512 MiB"
    assert [quantities.human_time(s) for s in (40, 900, 9000, 259_200)] == [
        "40 s", "15 min", "2.5 h", "3 d",
    ]  # fmt: skip
