"""A plugin of pytest: a whole cluster for all tests of a run, begun by the first that asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cluster.control_plane import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A control plane at the loopback; its nodes are what a test advertises."""
    yield from _begun({})


@pytest.fixture(scope="session")
def real_cluster() -> Iterator[Cluster]:
    """A control plane with one real node, `node-0`; needs root."""
    yield from _begun({"node-0": {}})


def _begun(nodes: dict[str, dict[str, str]]) -> Iterator[Cluster]:
    from cluster.control_plane import Cluster

    folder = Path(tempfile.mkdtemp(prefix="dck-"))
    made = Cluster(folder, nodes)
    try:
        made.begin()
        yield made
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)
