"""What tests of the plan share."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("deepcat", derandomize=True, database=None, deadline=None)
settings.load_profile("deepcat")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write expected plans anew")
