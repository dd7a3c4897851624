"""The command `pytest tests/conformance --cases FILE`: a server held to a file of cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving_cases import batching_text, config_text, flags_of, read_cases

HERE = Path(__file__).parent
BESIDE = HERE.parents[2] / "shared" / "data" / "tfserving" / "conformance.json"
CASES = "cases"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take files of cases."""
    parser.addoption(
        "--cases", action="append", type=Path, help="a file of cases to run instead of our own"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the room's own mark."""
    config.addinivalue_line(
        "markers", "conformance(kind): runs once for each of TensorFlow Serving's cases of a kind"
    )


def case_files(config: pytest.Config) -> list[Path]:
    """The files that are run: those that are named, else our own and what lies beside."""
    named = config.getoption("--cases", default=None)
    if named:
        return list(named)
    return sorted((HERE / CASES).glob("*.yaml")) + ([BESIDE] if BESIDE.is_file() else [])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test marked `conformance` its cases; where there is none it is skipped."""
    mark = metafunc.definition.get_closest_marker("conformance")
    if mark is None:
        return
    files = case_files(metafunc.config)
    chosen = [c for file in files for c in read_cases(file) if c["kind"] == mark.args[0]]
    none = pytest.param({}, marks=pytest.mark.skip(reason="no case of this kind"))
    metafunc.parametrize("case", chosen or [none], ids=[case["id"] for case in chosen] or None)


@pytest.fixture(scope="session")
def all_cases(pytestconfig: pytest.Config) -> list[dict[str, Any]]:
    """Every case of the files that are run."""
    return [case for file in case_files(pytestconfig) for case in read_cases(file)]


@pytest.fixture(scope="session")
def server_for(
    models: Path, start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[dict[str, Any]], Any]:
    """One server for each set-up that the cases describe."""
    folder = tmp_path_factory.mktemp("configs")
    known: dict[str, Any] = {}

    def server(case: dict[str, Any]) -> Any:
        # A case that changes the server has one of its own.
        changes = case["kind"] == "reload_config" or "before" in case
        alone = case["id"] if changes else ""
        text, flags = config_text(models, case["server"]["models"]), flags_of(case)
        key = json.dumps([text, flags, case["server"].get("batching_parameters"), alone])
        if key not in known:
            config = folder / f"{len(known)}.config"
            config.write_text(text)
            if batching := case["server"].get("batching_parameters"):
                file = folder / f"{len(known)}.batching"
                file.write_text(batching if isinstance(batching, str) else batching_text(batching))
                flags += ["--batching", str(file)]
            known[key] = start_server("--config", str(config), *flags)
        return known[key]

    return server
