"""The lock files: all that is installed is named once for each Python, exactly, by its hash."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FORGES = "src/deepcat/catalog/beginning/forges"
# A lock, and the extras whose needs it holds.
LOCKS = {
    "requirements.lock": ["all"],
    "requirements-dev.lock": [],  # all that there are
    f"{FORGES}/review.lock": ["fast", "site", "tosca", "forge", "policy"],
    f"{FORGES}/deploy.lock": ["all", "policy", "notify"],
    f"{FORGES}/vault.lock": ["all", "policy", "notify", "vault"],
}
PLACES = [
    {"python_full_version": version, "python_version": version.rpartition(".")[0], **system}
    for version in ("3.11.2", "3.12.0", "3.13.5")
    for system in (
        {"sys_platform": "linux", "platform_machine": "x86_64", "platform_system": "Linux"},
        {"sys_platform": "darwin", "platform_machine": "arm64", "platform_system": "Darwin"},
    )
]


@pytest.fixture(scope="module")
def locked() -> ModuleType:
    """The script `.github/locked.py`, which tells a lock's entries apart."""
    loader = SourceFileLoader("locked", str(ROOT / ".github" / "locked.py"))
    spec = spec_from_loader("locked", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def whole() -> Mapping[str, Any]:
    """The project's own file."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def here(pins: list[str], place: Mapping[str, str]) -> Iterator[Requirement]:
    for pin in map(Requirement, pins):
        if pin.marker is None or pin.marker.evaluate(dict(place)):
            yield pin


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_exact_hashed_and_names_no_index(name: str, locked: ModuleType) -> None:
    text = (ROOT / name).read_text()
    entries = locked.entries(text)
    assert len(entries) > 50
    assert "".join(entry for _, _, entry in entries) == text
    for _, pin, entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\n", entry), pin
        assert re.fullmatch(r"[\w.-]+==[\w.!+]+( ; .+)?", pin)
    assert "://" not in text


@pytest.mark.parametrize(
    "place", PLACES, ids=lambda p: f"{p['python_full_version']}-{p['sys_platform']}"
)
def test_the_validators_fit_every_python(place: Mapping[str, str], locked: ModuleType) -> None:
    folder = ROOT / "tests" / "site" / "validators"
    text = (folder / "requirements.in").read_text()
    asked = list(here([line for line in text.splitlines() if line[:1] not in "#"], place))
    pins = [pin for _, pin, _ in locked.entries((folder / "requirements.lock").read_text())]
    found = list(here(pins, place))
    names = [canonicalize_name(pin.name) for pin in found]
    assert len(set(names)) == len(names)
    assert {(canonicalize_name(one.name), one.specifier) for one in asked} == {
        (canonicalize_name(one.name), one.specifier) for one in found
    }


@pytest.mark.parametrize("name", [name for name in LOCKS if LOCKS[name]])
def test_who_develops_runs_what_everybody_runs(name: str, locked: ModuleType) -> None:
    run, develop = (
        {e[1]: e[2] for e in locked.entries((ROOT / each).read_text())}
        for each in (name, "requirements-dev.lock")
    )
    assert {pin: develop.get(pin) for pin in run} == run
    assert len(develop) > len(run)


@pytest.mark.parametrize(
    "place", PLACES, ids=lambda p: f"{p['python_full_version']}-{p['sys_platform']}"
)
@pytest.mark.parametrize("name", LOCKS)
def test_all_that_is_declared_is_locked_once_for_each_place(
    name: str, place: Mapping[str, str], locked: ModuleType, whole: Mapping[str, Any]
) -> None:
    extras = LOCKS[name] or list(whole["project"]["optional-dependencies"])
    wanted = [*locked.requirements(whole["project"], extras), *whole["dependency-groups"]["build"]]
    pins = [pin for _, pin, _ in locked.entries((ROOT / name).read_text())]
    found = [(canonicalize_name(pin.name), pin.specifier) for pin in here(pins, place)]
    versions = dict(found)
    assert len(versions) == len(found)
    for one in here(wanted, place):
        (pin,) = versions[canonicalize_name(one.name)]
        assert one.specifier.contains(pin.version, prereleases=True), one


def test_a_part_is_asked_for_by_extras(locked: ModuleType, whole: Mapping[str, Any]) -> None:
    project = whole["project"]
    assert set(locked.requirements(project, [])) == set(project["dependencies"])
    local = set(locked.requirements(project, ["local"]))
    assert local > set(project["dependencies"]) | set(project["optional-dependencies"]["run"])
    assert not [one for one in local if one.startswith("deepcat")]
    with pytest.raises(SystemExit, match="no extra fats"):
        locked.requirements(project, ["fats"])


@pytest.mark.starts("a program")
@pytest.mark.system("make")
def test_make_installs_nothing_that_no_hash_names() -> None:
    said = subprocess.run(
        ["make", "-n", "--always-make", "VENV=none", "none/.dev"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    installs = [line for line in said.splitlines() if "pip install" in line]
    assert len(installs) == 3
    for line in installs:
        hashed = "--require-hashes -r requirements" in line and "--only-binary :all:" in line
        assert hashed or line.endswith("--no-deps --no-build-isolation -e ."), line
