"""Where an extra is not installed, each command that needs it says so, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from deepcat.extras import BRINGS, needed, of_import

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
# Brought by what the extra names, not named itself.
BESIDE = {"google": "protobuf"}
CASES = [
    ("serve", "serve --model half-plus-two=modules"),
    ("serve", "serve --model half-plus-two=modules --no-rest"),
    ("serve", "demo"),
    ("run", "apply --yes"),
    ("run", "ci merge"),
    ("run", "demo"),
    ("site", "site build"),
]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_extra_s_packages_are_known() -> None:
    """Each library that an extra names is imported as one of the packages that stand there."""
    found = packages_distributions()
    for extra, requirements in OPTIONAL.items():
        own = [each for each in requirements if not each.startswith("deepcat[")]
        if extra == "dev" or not own:
            continue
        named = {normal(re.split(r"[<>=\[; ]", each)[0]) for each in own}
        brought = {normal(BESIDE.get(package, package)) for package in BRINGS[extra]}
        for package in BRINGS[extra]:
            brought |= {normal(each) for each in found.get(package, ())}
        assert named <= brought, extra


def test_what_is_no_extra_s_stays_what_it_is() -> None:
    assert of_import(ImportError("no name")) is None
    assert of_import(ImportError("deepcat's own", name="deepcat.nowhere")) is None
    assert of_import(ImportError("another fault", name="numpy.core")) is None
    with pytest.raises(ImportError, match="nowhere"), needed():
        import deepcat.nowhere  # noqa: F401


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("without") / "mine"
    done = run(root.parent, "new", "catalog", "mine")
    assert done.returncode == 0, done.stderr
    return root


def run(folder: Path, *argv: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-m", "deepcat", *argv],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.starts("a program")
@pytest.mark.parametrize(("extra", "command"), CASES)
def test_a_command_says_which_extra_it_lacks(
    extra: str, command: str, catalog: Path, tmp_path: Path
) -> None:
    lines = ["import sys", *(f"sys.modules[{each!r}] = None" for each in BRINGS[extra])]
    (tmp_path / "sitecustomize.py").write_text("\n".join(lines))
    done = run(catalog, *command.split(), path=str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert f"the extra `{extra}` is not installed" in done.stderr
    assert re.search(rf"hint: pip install 'deepcat\[({extra}|local)\]'", done.stderr)


@pytest.mark.starts("a program")
@pytest.mark.parametrize("own_types", [False, True])
def test_a_second_opinion_is_missed_only_where_it_is_asked(
    own_types: bool, catalog: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "mine"
    shutil.copytree(catalog, copy, symlinks=True)
    if own_types:
        path = copy / "modules" / "half-plus-two" / "tosca.yaml"
        own = "\nnode_types:\n  mine.Server:\n    derived_from: deepcat.nodes.ModelServer\n"
        server = "type: deepcat.nodes.ModelServer"
        text = path.read_text("utf-8").replace(server, "type: mine.Server")
        path.write_text(text + own, "utf-8")
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['toscaparser'] = None")
    done = run(copy, "check", "--no-cache", path=str(tmp_path))
    lacks = "the extra `tosca` is not installed" in done.stderr
    assert (done.returncode, lacks) == ((1, True) if own_types else (0, False)), done.stdout


@pytest.mark.starts("a program")
def test_a_client_without_grpc_says_so_too() -> None:
    code = (
        "import sys; sys.modules['grpc'] = None\n"
        "from deepcat.errors import DeepcatError\n"
        "from deepcat.serving.client import grpc\n"
        "try: grpc.call('127.0.0.1:1', 'm', 'predict', {})\n"
        "except DeepcatError as error: print(error.code, error.message)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    words = "serving/missing the extra `serve` is not installed; it brings `grpc`\n"
    assert done.stdout == words
