"""Fixtures of the loopback GitHub; a `conftest.py` that needs them imports them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from github_contract import Contract
from github_server import GitHub as Server

from deepcat.forge.github import GitHub

__all__ = ["contract", "github", "hub", "waits"]


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract(Path(__file__).with_name("api.json"))


@pytest.fixture
def hub(contract: Contract) -> Iterator[Any]:
    """A fresh GitHub; a call that the real one would not know fails the test."""
    server = Server(contract)
    try:
        yield server
    finally:
        server.close()
    assert not server.violations, server.violations


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
