"""How often a sign stands in a text, however long it is."""

from __future__ import annotations

import pytest

from deepcat.serving.contract.counting import count


@pytest.mark.parametrize("size", [0, 1, 4096, 4097, 2**20, 2**20 + 1, 3 * 2**20 - 7])
def test_it_is_what_bytes_count(size: int) -> None:
    text = (b'{"a": [1, "\xc3\xa9"]}' * (size // 16 + 1))[:size]
    for sign in (b'"', b"[", b"\xc3", b"Z"):
        assert count(text, sign) == text.count(sign)
