"""The table of accelerators: its facts hold together, and spellings find their row."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deepcat.clouds import accelerators

TABLE = accelerators.table()
EVERY_ROW = pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))

# The compute capabilities that CUDA has, by the first year in which a card had it.
CAPABILITIES = {
    (3, 0): 2012, (3, 5): 2012, (3, 7): 2014, (5, 0): 2014, (5, 2): 2014, (6, 0): 2016,
    (6, 1): 2016, (7, 0): 2017, (7, 5): 2018, (8, 0): 2020, (8, 6): 2020, (8, 9): 2022,
    (9, 0): 2022, (10, 0): 2024, (10, 3): 2025, (12, 0): 2025, (12, 1): 2025,
}  # fmt: skip


@EVERY_ROW
def test_a_row_is_plausible(row: accelerators.Accelerator) -> None:
    assert 4 * 1024 <= row.memory_MiB <= 512 * 1024
    assert 2012 <= row.year <= 2026
    assert row.vendor in {"nvidia", "amd", "intel", "google"}
    assert (row.compute_capability is not None) == (row.vendor == "nvidia")
    if row.compute_capability is not None:
        assert row.year >= CAPABILITIES[row.compute_capability]
    assert row.name.isprintable()
    assert row.name == row.name.strip()


@EVERY_ROW
def test_a_row_names_its_sources(row: accelerators.Accelerator) -> None:
    assert row.sources
    for source in row.sources:
        facts = accelerators.sources()[source]
        assert facts["title"]
        assert urlsplit(facts["url"]).scheme == "https"


@EVERY_ROW
def test_a_name_and_its_aliases_find_their_row(row: accelerators.Accelerator) -> None:
    for spelling in (row.name, *row.aliases):
        for spelt in (spelling, spelling.lower(), spelling.replace(" ", "-"), f"NVIDIA {spelling}"):
            assert accelerators.canonical(spelt) == row.name, spelt


def test_no_alias_means_two_rows() -> None:
    seen: dict[str, str] = {}
    for row in TABLE.values():
        for spelling in {row.name, *row.aliases}:
            key = re.sub(r"[^a-z0-9]", "", spelling.lower())
            assert seen.setdefault(key, row.name) == row.name, spelling


def test_families_are_no_one_elses_name() -> None:
    for row in TABLE.values():
        if row.family != row.name:
            assert row.family not in TABLE
            assert row.name in accelerators.variants(row.family)


def test_every_source_is_used() -> None:
    used = {source for row in TABLE.values() for source in row.sources}
    assert used == set(accelerators.sources())


def test_names_that_a_catalog_must_know() -> None:
    wanted = """K80 T4 P100 V100 A10 A30 A40 A100 L4 L40S H100 H200 GH200 B100 B200 GB200 B300 MI50
    MI100 MI210 MI250X MI300X MI325X MI355X Gaudi Gaudi2 Gaudi3"""
    for name in wanted.split():
        assert accelerators.canonical(name), name
    for version in ("v2", "v3", "v4", "v5e", "v5p", "v6e", "v7"):
        assert accelerators.canonical(f"TPU {version}") == f"TPU {version}"


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Tesla V100-SXM2-32GB", "V100-32GB"),
        ("V100-SXM2-32GB", "V100-32GB"),
        ("nvidia-tesla-v100", "V100-16GB"),
        ("Tesla V100", "V100-16GB"),
        ("Tesla V100S-PCIE-32GB", "V100-32GB"),
        ("Tesla P100-PCIE-12GB", "P100-12GB"),
        ("gpu:tesla_t4", "T4"),
        ("tesla_t4", "T4"),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB"),
        ("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "A100-40GB"),
        ("A100-PCIE-40GB", "A100-40GB"),
        ("a100_80gb", "A100-80GB"),
        ("nvidia-tesla-a100", "A100-40GB"),
        ("nvidia-a100-80gb", "A100-80GB"),
        ("NVIDIA A10G", "A10G"),
        ("NVIDIA H100 80GB HBM3", "H100-SXM"),
        ("NVIDIA H100 PCIe", "H100-PCIe"),
        ("NVIDIA H100 NVL", "H100-NVL"),
        ("nvidia-h100-80gb", "H100-SXM"),
        ("H100", "H100-PCIe"),
        ("NVIDIA GH200 480GB", "GH200-96GB"),
        ("NVIDIA GH200 144G HBM3e", "GH200-144GB"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("GeForce GTX 1080 Ti", "GTX 1080 Ti"),
        ("Quadro RTX 6000", "Quadro RTX 6000"),
        ("NVIDIA RTX A6000", "RTX A6000"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000 Blackwell"),
        ("AMD Instinct MI300X OAM", "MI300X"),
        ("AMD Instinct MI50", "MI50-16GB"),
        ("HL-225", "Gaudi 2"),
        ("tpu-v5-lite-podslice", "TPU v5e"),
        ("tpu-v4-podslice", "TPU v4"),
        ("NVIDIA L4-SHARED", "L4"),
        ("", None),
        ("Voodoo 2", None),
    ],
)
def test_spellings(spelling: str, name: str | None) -> None:
    assert accelerators.canonical(spelling) == name


@pytest.mark.parametrize(
    ("spelling", "memory", "name"),
    [
        ("Tesla V100", 32_510, "V100-32GB"),
        ("Tesla V100", 16_160, "V100-16GB"),
        ("NVIDIA A100", 81_920, "A100-80GB"),
        ("NVIDIA A100", 65_536, "A100-64GB"),
        ("NVIDIA H100", 95_830, "H100-NVL"),
        ("Tesla T4", 15_360, "T4"),
    ],
)
def test_memory_tells_variants_apart(spelling: str, memory: int, name: str) -> None:
    assert accelerators.canonical(spelling, memory) == name


def test_a_family_stands_for_its_variants() -> None:
    assert accelerators.variants("V100") == ("V100-16GB", "V100-32GB")
    assert set(accelerators.variants("A100")) == {"A100-40GB", "A100-64GB", "A100-80GB"}
    assert accelerators.variants("A100-80GB") == ("A100-80GB",)
    assert accelerators.variants("nothing") == ()


def test_a_misspelt_name_has_a_neighbour() -> None:
    assert accelerators.nearest("A10O") in {"A100", "A10"}
    assert accelerators.nearest("xyzzy-plugh") is None


@given(st.text(max_size=60))
def test_any_text_is_answered(spelling: str) -> None:
    name = accelerators.canonical(spelling)
    assert name is None or name in TABLE


SPELLINGS = yaml.safe_load(Path(__file__).with_name("spellings.yaml").read_text("utf-8"))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_clouds_call_them(spelling: str) -> None:
    name, _, profile = SPELLINGS[spelling].rpartition(" ")
    if "g." not in profile:
        name, profile = SPELLINGS[spelling], ""
    assert accelerators.canonical(spelling) == (None if name == "none" else name)
    assert accelerators.profile_of(spelling) == profile


@pytest.mark.parametrize(
    ("asked", "there"),
    [("L4", "L40"), ("L40", "L40S"), ("A10", "A100-40GB"), ("A10", "A10G"), ("T4", "T4G"),
     ("A100-80GB", "A100-40GB"), ("V100-32GB", "V100-16GB"), ("H100", "GH200-96GB")],
)  # fmt: skip
def test_no_name_stands_for_a_longer_one(asked: str, there: str) -> None:
    assert there not in accelerators.variants(asked)
