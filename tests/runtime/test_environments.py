"""Environments of plug-ins for hosts without a package index, and what is said where none comes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import wheels

from deepcat.clouds.kind import Ground
from deepcat.remote.ground.bring import OWN, Host
from deepcat.remote.ground.facts import Facts, Python
from deepcat.remote.ground.shore import Shore
from deepcat.runs.grounding import Given, GroundError, packages_of
from deepcat.runtime import build, environments, interpreter

pytestmark = pytest.mark.starts("pip")

NAME = "deepaas-0.1-py3-none-any.whl"
OTHER = "3.12" if OWN != "3.12" else "3.13"
PIP = frozenset({"pip"})
GROUND = Ground("base", serves=True, gpu=False)


@pytest.fixture
def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a lock says of the one wheel that there is, in a folder instead of an index."""
    folder = tmp_path / "wheels"
    made = wheels.wheel(folder, "deepaas", "x = 1\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("DEEPCAT_RUNTIMES", str(tmp_path / "runtimes"))
    return wheels.pin(made, "deepaas")


@pytest.fixture
def given(tmp_path: Path, pin: str) -> Given:
    """What a host is given whose module has a plug-in with that lock."""
    package = tmp_path / "files" / "module" / "deepaas"
    package.mkdir(parents=True)
    (package / "requirements.lock").write_text(f"{pin}\n")
    return Given(tmp_path, "base/agent/0a", "base/0a/demo", tmp_path / "files", "run", True)


def host(machine: str = "") -> Host:
    known = interpreter.about(sys.executable)["machine"]
    return Host(Shore(None), "base", _facts=Facts("/base", machine or known, 1 << 40))


@pytest.mark.parametrize(("version", "has_bytecode"), [(OWN, True), (OTHER, False)])
def test_it_holds_what_the_lock_names_and_is_made_once(
    pin: str, tmp_path: Path, version: str, has_bytecode: bool
) -> None:
    made = environments.built([pin], version)
    assert (made.part, made.python) == ("plugin", version)
    held = build.names(made)
    assert {"deepaas.py", "deepaas-0.1.dist-info/METADATA"} <= {*held}
    assert any(name.endswith(".pyc") for name in held) is has_bytecode
    (tmp_path / "wheels" / NAME).unlink()
    assert environments.built([pin], version) == made


def test_it_is_sent_by_the_name_of_what_it_holds(given: Given) -> None:
    thing = packages_of(GROUND, host(), given, Python("/python", OWN))
    assert thing is not None
    (made,) = build.listed()
    assert thing.target == f"runtime/{made.id}"


def test_a_host_with_an_index_makes_its_own(given: Given) -> None:
    ground = replace(GROUND, index="https://index.example.org/simple")
    assert packages_of(ground, host(), given, Python("/python", OWN, PIP)) is None
    assert packages_of(ground, host(), given, Python("/python", OWN)) is not None


@pytest.mark.parametrize(
    ("ground", "version", "code", "said"),
    [
        (GROUND, "3.9", "run/host", "the host's Python is 3.9, and plug-ins need 3.11"),
        (replace(GROUND, ways=("index",)), OWN, "run/environment", "no way that the cloud's file"),
        (replace(GROUND, ways=("push",)), OWN, "run/environment", "`deepaas` has no wheel here"),
    ],
)
def test_what_cannot_come_is_said(
    given: Given, tmp_path: Path, ground: Ground, version: str, code: str, said: str
) -> None:
    (tmp_path / "wheels" / NAME).unlink()
    with pytest.raises(GroundError, match=said) as caught:
        packages_of(ground, host(), given, Python("/python", version))
    assert caught.value.failure["code"] == code


def test_another_processor_is_refused(given: Given) -> None:
    with pytest.raises(GroundError, match="the host's processor is pdp11"):
        packages_of(GROUND, host("pdp11"), given, Python("/python", OWN))
