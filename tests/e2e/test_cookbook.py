"""Each recipe of the cookbook runs through `apply`, or is refused as the guide says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import forked
import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

GUIDE = Path(__file__).resolve().parents[2] / "site/pages/guides/topology.md"
RECIPES = {
    title: (words, template)
    for title, words, template in re.findall(
        r"^## ([^\n]+)\n((?:(?!^## ).)*?)^```yaml\n(.*?)^```$",
        GUIDE.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}
PROFILES = {"Train": "train", "Develop": "develop"}
# What this machine is asked for and, as CI's, lacks.
LACKS = {"Ask for a GPU": "has no accelerator; 1 × A100 or H100 37.25 GiB asked"}

Deepcat = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Deepcat]]:
    """A new catalog, as its commit or before its first."""
    root = tmp_path / "mine"

    def deepcat(*argv: str, cwd: Path = root) -> subprocess.CompletedProcess[str]:
        return forked.run(
            [sys.executable, "-m", "deepcat", *argv], cwd=cwd, env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
        )  # fmt: skip

    assert deepcat("new", "catalog", "mine", cwd=tmp_path).returncode == 0
    if getattr(request, "param", "") == "without a commit":
        shutil.rmtree(root / ".git")
        subprocess.run(["git", "init", "-q", str(root)], check=True)
    yield root, deepcat
    assert deepcat("destroy", "--all", "--yes").returncode == 0


def _titles(*titles: str) -> list[object]:
    """One worker has all that listen where their type says, for two cannot at once."""
    ports = pytest.mark.xdist_group("the ports of a server's type")
    fixed = {title for title, (_, told) in RECIPES.items() if "get_input: grpc_port" not in told}
    listen = fixed - PROFILES.keys() - LACKS.keys()
    return [pytest.param(each, marks=[ports] if each in listen else [], id=each) for each in titles]


@pytest.mark.parametrize("title", _titles(*RECIPES))
def test_what_a_plan_promises_apply_does(title: str, catalog: tuple[Path, Deepcat]) -> None:
    _does(title, catalog)


@pytest.mark.parametrize("catalog", ["without a commit"], indirect=True)
@pytest.mark.parametrize("title", _titles(next(iter(RECIPES)), "Train"))
def test_so_it_does_before_the_first_commit(title: str, catalog: tuple[Path, Deepcat]) -> None:
    _does(title, catalog)


def _does(title: str, catalog: tuple[Path, Deepcat]) -> None:
    root, deepcat = catalog
    words, template = RECIPES[title]
    module, wish = root / "modules/half-plus-two", root / "deployments/half-plus-two.yaml"
    (module / "tosca.yaml").write_text(template)
    for name in re.findall(r"archive: (\S+\.tar\.gz)", template):
        if not (module / name).exists():
            shutil.copy(module / "model.tar.gz", module / name)
    profile = PROFILES.get(title, "serve")
    named = [each for each in ("rest_port", "grpc_port") if f"get_input: {each}" in template]
    ports = f"inputs: {{{', '.join(f'{each}: 0' for each in named)}}}\n" if named else ""
    wish.write_text(wish.read_text().replace("profile: serve", f"profile: {profile}") + ports)
    planned, applied = deepcat("plan"), deepcat("apply", "--yes")
    assert planned.returncode == applied.returncode, applied.stdout + applied.stderr
    refusals = re.findall(r"^    .*\[[a-z]+/[a-z-]+\]$", planned.stdout, re.MULTILINE)
    assert all(each in applied.stdout for each in refusals)
    if planned.returncode == 0:
        assert "✓ half-plus-two" in applied.stdout
    elif title in LACKS:
        assert LACKS[title] in planned.stdout
    else:
        assert "Nothing carries this out yet" in words
        assert refusals
