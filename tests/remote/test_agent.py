"""Our code as it is brought to a host, asked there by Pythons old and new."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pythons import VERSIONS

from deepcat.remote import steps
from deepcat.remote.agent import agent, packed, sources
from deepcat.remote.files import tar_of
from deepcat.remote.steps import Fault

KEEPER = {"module": "deepcat.host.keeping"}
OWNER = {"name": "demo", "module": "half-plus-two"}


def python(version: str) -> list[str]:
    """An installed Python of a version, by its own program; none where there is none."""
    found = [*VERSIONS.glob(f"{version}.*/bin/python"), Path(f"/usr/bin/python{version}")]
    return [str(path) for path in found if path.is_file()][:1]


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent, as it lies on a host."""
    root = tmp_path_factory.mktemp("root")
    made = agent(root)
    folder = root / "base" / "agent" / made.digest
    with tarfile.open(made.archive) as tar:
        # An older 3.11 knows no filters.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
    return folder


def ask(words: list[str], code: Path, call: str, rest: bytes = b"", **values: Any) -> Any:
    def shell(command: str, given: bytes) -> tuple[int, str, str]:
        done = subprocess.run(
            ["/bin/sh", "-c", command], input=given, capture_output=True, check=False
        )
        return done.returncode, f"Welcome!\n{done.stdout.decode()}", done.stderr.decode()

    return steps.ask(shell, words, str(code), call, values, rest)


def test_it_is_small_and_the_same_every_time(brought: Path) -> None:
    content = packed(sources())
    assert content == packed(sources())
    assert len(content) < 450_000
    assert agent(brought.parents[2]) == agent(brought.parents[2])
    names = set(sources())
    assert {"deepcat/host/steps.py", "deepcat/serving/server/run.py"} <= names
    assert not [name for name in names if "/clouds/" in name or "/catalog/" in name]
    with_more = sources(["deepcat.clouds.kinds.ssh"])
    assert "deepcat/clouds/kinds/ssh/kind.py" in with_more


def test_threads_that_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: agent(tmp_path / str(n % 2)), range(4)))
    assert len({each.digest for each in made}) == 1
    assert all(each.archive.is_file() for each in made)


def test_what_travels_is_written_for_old_pythons(brought: Path) -> None:
    for path in (brought / "deepcat" / "host").rglob("*.py"):
        ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 9))


@pytest.mark.starts("Python")
@pytest.mark.parametrize("version", ["3.9", "3.13", "here"])
def test_a_host_s_python_takes_steps(version: str, brought: Path, tmp_path: Path) -> None:
    words = [sys.executable] if version == "here" else python(version)
    if not words:
        pytest.skip(f"there is no Python {version}")
    facts = ask(words, brought, "facts")
    assert isinstance(facts["lacks"], list)
    if version != "here":
        assert facts["python"][:2] == [int(part) for part in version.split(".")]

    own, place = tmp_path / "own", tmp_path / "base" / "0123456789ab" / "demo"
    (own / "module").mkdir(parents=True)
    (own / "owner.json").write_text(json.dumps(OWNER))
    (own / "module" / "a file").write_text("its content")
    there = f"{place}/.run-1"
    said = ask(words, brought, "files", tar_of(own), folder=there, tar=True)
    assert said["folder"] == there
    assert Path(there, "module", "a file").read_text() == "its content"

    common = {"place": str(place), "files": there, "run": "1", "keeper": KEEPER, "cloud": "bare"}
    begun = ask(words, brought, "step", step="begin", **common)
    assert begun["changed"] is True
    # What came is what was sent: a tag that is empty would be nobody's.
    assert json.loads((place / "owner.json").read_text()) == OWNER
    assert ask(words, brought, "step", step="begin", **common)["changed"] is False
    (listed,) = ask(words, brought, "listing", folder=str(place.parent), keepers=[KEEPER])
    assert (listed["name"], listed["owner"], listed["up"]) == ("demo", OWNER, [])
    assert ask(words, brought, "step", step="delete", **common)["changed"] is True
    assert not place.parent.exists()


@pytest.mark.starts("Python")
def test_an_owner_tag_that_did_not_come_is_said(brought: Path, tmp_path: Path) -> None:
    values = {"place": str(tmp_path / "demo"), "files": str(tmp_path / "none"), "run": "1"}
    said = ask([sys.executable], brought, "step", step="begin", **values)
    assert said["failed"] is True
    assert said["deepcat_failure"]["code"] == "run/host"
    assert not (tmp_path / "demo" / "owner.json").exists()


@pytest.mark.starts("Python")
@pytest.mark.parametrize("version", ["3.8", "3.6", "2.7"])
def test_a_python_too_old_says_so(version: str, brought: Path) -> None:
    words = python(version)
    if not words:
        pytest.skip(f"there is no Python {version}")
    said = ask(words, brought, "facts")
    assert isinstance(said, Fault)
    assert said.code == "run/python"
    told = "a Python of before 3.4" if version == "2.7" else f"Python {version}"
    assert said.message == f"the host has {told}; 3.9 is needed"


@pytest.mark.starts("Python")
def test_why_there_is_no_answer(brought: Path, tmp_path: Path) -> None:
    for words, folder, code, text in (
        (["/no/such/python"], brought, "run/python", "no such Python"),
        ([sys.executable], tmp_path / "none", "run/host", "does not lie on the host"),
        (["/bin/false"], brought, "run/host", "ended with status 1"),
        (["/bin/true"], brought, "run/host", "ended with status 0"),
    ):
        said = ask(words, folder, "facts")
        assert isinstance(said, Fault)
        assert (said.kind, said.code) == ("cloud", code)
        assert text in said.message
    asked = steps.question(["python3"], "", "files", {})
    for text, kind in (("No space left on device", "capacity"), ("Disk quota exceeded", "quota")):
        said = steps.answer(asked, 1, "", f"Traceback\nOSError: [Errno 28] {text}\n")
        assert isinstance(said, Fault)
        assert (said.kind, said.code) == (kind, "run/disk-full")


@pytest.mark.starts("Python")
def test_what_another_version_brought_can_tell_what_runs(brought: Path, tmp_path: Path) -> None:
    folder = tmp_path / "b as e" / "agent"
    catalog = f"{folder.parent}/0123456789ab"
    question = steps.listing(f"{folder}/{'0' * 64}", catalog, [KEEPER])
    assert _listed(question) == [], "none of ours lies there, so nothing of ours can run there"
    shutil.copytree(brought, folder / ("1" * 64))
    place = Path(catalog) / "demo"
    place.mkdir(parents=True)
    (place / "owner.json").write_text(json.dumps(OWNER))
    question = steps.listing(f"{folder}/{'0' * 64}", catalog, [KEEPER])
    assert [each["name"] for each in _listed(question)] == ["demo"]
    (folder / ("1" * 64) / "python").write_text("/no/such/python\n")
    said = _listed(question)
    assert isinstance(said, Fault), "who cannot be asked is not one that has nothing"


def _listed(question: steps.Question) -> Any:
    words = ["/bin/sh", "-c", question.command]
    done = subprocess.run(words, input=question.given, capture_output=True, check=False)
    return steps.answer(question, done.returncode, done.stdout.decode(), done.stderr.decode())
