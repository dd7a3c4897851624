"""What tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hubs import Hub

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """An empty catalog."""
    root = tmp_path / "catalog"
    root.mkdir()
    (root / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: Mine\nsummary: A catalog.\n")
    return root


@pytest.fixture
def run(catalog: Path) -> Callable[..., Result]:
    """Call the command line on the catalog; errors for people are raised."""

    def call(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(cli, ["-C", str(catalog), *map(str, arguments)])
        if isinstance(result.exception, DeepcatError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return call


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Hubs that lie in a folder."""
    found = Hub(tmp_path)
    for i, host in enumerate(("github.com", "huggingface.co")):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{i}", f"url.file://{tmp_path}/hub/.insteadOf")
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{i}", f"https://{host}/")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    return found
