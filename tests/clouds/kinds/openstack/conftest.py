"""One cloud for all tests of a run, begun by the first that asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stack.cloud import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A cloud with one project; needs root."""
    from stack.cloud import Stack

    folder = Path(tempfile.mkdtemp(prefix="dcs-"))
    made = Stack(folder)
    try:
        made.begin()
        yield made
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)
