"""Quotas as people write them."""

from __future__ import annotations

from deepcat.clouds.quotas import quotas


def test_quotas_are_read_by_owner() -> None:
    found = quotas({"*": {"accelerators": 2}, "@ada": {"memory": "64GiB", "x-note": 1}})
    assert found == (("*", (("accelerators", 2.0),)), ("ada", (("memory", 65_536.0),)))
    assert quotas(None) == ()
    assert quotas({"ada": 5}) == ()
