"""Ranges of versions: the plainest, which we read ourselves, as the library reads them."""

from __future__ import annotations

import itertools

import pytest
from semantic_version import NpmSpec, Version

from deepcat.catalog.judging.versions import admits

PARTS = (0, 1, 2, 11)
VERSIONS = [".".join(map(str, each)) for each in itertools.product(PARTS, repeat=3)]


@pytest.mark.parametrize("sign", ["^", "~", ""])
def test_the_plainest_ranges_are_as_the_library_has_them(sign: str) -> None:
    for least in VERSIONS:
        spec = NpmSpec(f"{sign}{least}")
        for version in VERSIONS:
            assert admits(f"{sign}{least}", version) == (Version(version) in spec), (least, version)


@pytest.mark.parametrize(
    ("wish", "version", "is_in"),
    [
        ("^1.2.3", "1.10.0+build", True),
        ("^1.2.3+build", "1.2.3", True),
        ("^1.2.3-rc.1", "1.2.3", True),
        ("^1.2.3-rc.1", "1.2.3-rc.2", True),
        ("^1.2.3", "1.3.0-rc.1", False),
        ("^01.2.3", "1.2.3", False),
        ("1.2", "1.2.3", True),
        (">=1.2.3 <2", "1.9.0", True),
    ],
)
def test_all_else_is_as_the_library_has_it(wish: str, version: str, is_in: bool) -> None:
    assert admits(wish, version) is is_in
