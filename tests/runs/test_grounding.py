"""What a deployment needs comes to a host by ssh, and a server starts from nothing else there."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from free_ports import free_ports
from runtimes import runtimes
from sshd import Sshd

from deepcat.clouds.kind import Ground
from deepcat.host import archive
from deepcat.host.model_server.client import Client
from deepcat.host.model_server.serving import serving_of
from deepcat.remote.agent import agent
from deepcat.remote.ground.bring import Host
from deepcat.runs import grounding

pytestmark = [
    pytest.mark.starts("sshd, deepcat serve"), pytest.mark.slow, pytest.mark.system("sshd")
]  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A host behind ssh."""
    (port,) = free_ports(1)
    made = Sshd(tmp_path_factory.mktemp("sshd"), port)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A deployment's own files, one of them large."""
    folder = tmp_path / "files" / "demo"
    (folder / "module").mkdir(parents=True)
    (folder / "owner.json").write_text("{}")
    (folder / "module" / "large").write_bytes(bytes(2 << 20))
    return folder


@pytest.fixture
def given(tmp_path: Path, files: Path) -> grounding.Given:
    """What one deployment's host is given."""
    ours, base = agent(tmp_path), tmp_path / "base"
    folder = f"{base}/agent/{ours.digest}"
    return grounding.Given(ours.archive, folder, f"{base}/0a1b/demo", files, "run-1")


def host(sshd: Sshd, given: grounding.Given) -> tuple[Ground, Host]:
    base = str(Path(given.agent_folder).parents[1])
    return grounding.host_of(asdict(Ground(base)), json.loads(json.dumps(asdict(sshd.link))))


def answers(serving: Mapping[str, Any], folder: Path) -> bool:
    """Whether a server starts and answers by what is told alone, with an empty environment."""
    versions = folder / "1"
    archive.unpack(ROOT / "modules" / "half-plus-two" / "model.tar.gz", versions)
    model = archive.model_folder(versions).parent
    words = [*serving_of(serving).command, "--model", f"m={model}", "--no-grpc", "--rest-port", "0"]
    with subprocess.Popen(words, env={}, cwd="/", stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        client = Client(process.stdout.readline().rpartition(" on ")[2].strip())
        said = client.call("m", "predict", {"instances": [1.0]})
        process.terminate()
    return said == {"predictions": [2.5]}


def test_a_bare_host_is_given_what_it_lacks_and_once(
    sshd: Sshd, given: grounding.Given, tmp_path: Path
) -> None:
    made = runtimes().site
    ground, first = host(sshd, given)
    done = grounding.bring(ground, first, given)
    assert set(done["ways"].values()) == {"push"}
    assert first.sent < 200e6
    assert answers(done["facts"]["deepcat_serving"], tmp_path / "models")
    there = Path(given.place, ".run-run-1")
    assert (there / "module" / "large").read_bytes() == bytes(2 << 20)
    assert (there / "owner.json").read_text() == "{}"
    assert done["facts"]["deepcat_brought"] == ["demo"]
    named = Path(given.place, ".ground").read_text().split()
    assert named == [f"agent/{Path(given.agent_folder).name}", f"runtime/{made.id}"]

    (given.files or Path()).joinpath("module", "large").unlink()
    other = replace(given, place=given.place.replace("demo", "other"))
    ground, second = host(sshd, other)
    again = grounding.bring(ground, second, other)
    assert set(again["ways"].values()) == {"there"}
    assert second.sent < 100_000
    assert again["facts"]["deepcat_serving"] == done["facts"]["deepcat_serving"]

    shutil.rmtree(given.place)
    assert grounding.sweep(first) == []
    shutil.rmtree(other.place)
    assert sorted(grounding.sweep(first)) == named
    assert not Path(given.place).parents[1].exists()


def test_a_host_without_a_python_is_given_one(
    sshd: Sshd, given: grounding.Given, tmp_path: Path
) -> None:
    ground, bare = host(sshd, given)
    bare._facts = replace(bare.facts, pythons=())
    done = grounding.bring(ground, bare, given)
    assert bare.sent < 200e6
    words = done["facts"]["deepcat_python"]
    assert all(word.startswith((ground.base, "--")) for word in words)
    code = "import sys; print(sys.version_info >= (3, 9))"
    said = subprocess.run(
        [*words, "-I", "-c", code], env={}, capture_output=True, text=True, check=True
    )
    assert said.stdout == "True\n"
    assert answers(done["facts"]["deepcat_serving"], tmp_path / "models")


def test_what_runs_no_server_is_given_no_runtime(sshd: Sshd, given: grounding.Given) -> None:
    ground, few = host(sshd, given)
    done = grounding.bring(replace(ground, serves=False), few, given)
    assert list(done["ways"]) == [f"agent/{Path(given.agent_folder).name}"]
    assert "deepcat_serving" not in done["facts"]
    assert few.sent < 3_000_000


def test_the_python_that_the_cloud_s_file_names_is_asked_first(
    given: grounding.Given, tmp_path: Path
) -> None:
    own = tmp_path / "own-python"
    own.write_text('#!/bin/sh\necho "3.10 c++ pip $0"\n')
    own.chmod(0o755)
    base = str(Path(given.agent_folder).parents[1])
    _, named = grounding.host_of(asdict(Ground(base, python=str(own))), {})
    assert named.facts.pythons[0].path == str(own)
