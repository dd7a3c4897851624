"""A pytest plugin: files with long tests come first, so that no worker is left alone with one.

xdist gives its workers groups of tests, the largest first and the others as they were collected: a
test of two minutes that is collected last is waited for by all.
"""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files; what a file or a group holds keeps its order."""
    long: set[Path] = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)
