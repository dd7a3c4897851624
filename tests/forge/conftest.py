"""A GitHub on the loopback that knows GitHub's own description of its API."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deepcat.forge.github import GitHub

RIG = Path(__file__).resolve().parents[1] / "rigs" / "github"


@pytest.fixture(scope="session")
def rig() -> Iterator[ModuleType]:
    sys.path.insert(0, str(RIG))
    yield importlib.import_module("github_server")
    sys.path.remove(str(RIG))


@pytest.fixture(scope="session")
def contract(rig: ModuleType) -> Any:
    return importlib.import_module("github_contract").Contract(RIG / "api.json")


@pytest.fixture
def hub(contract: Any, rig: ModuleType) -> Iterator[Any]:
    """A fresh GitHub; a call that the real one would not know fails the test."""
    server = rig.GitHub(contract)
    try:
        yield server
    finally:
        server.close()
    assert server.violations == []


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the client would have waited."""
    return []


@pytest.fixture
def github(hub: Any, waits: list[float]) -> Callable[..., GitHub]:
    def connect(**options: Any) -> GitHub:
        options = {"sleep": waits.append, "now": lambda: 1_000_000.0, **options}
        return GitHub("deep/catalog", "secret-token", url=hub.url, **options)

    return connect
