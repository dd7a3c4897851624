"""Environments: made by the lock's checksums alone, shared, swept; what builds does so in a box."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from wheels import pin, wheel

from deepcat.host.box.layers import available
from deepcat.host.environments import shared, sources
from deepcat.host.failure import StepError
from deepcat.host.place import Place

pytestmark = pytest.mark.starts("pip")

NAME = "deepaas-0.1-py3-none-any.whl"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels instead of an index; one wheel lies there."""
    folder = tmp_path / "wheels"
    wheel(folder, "deepaas", "x = 1\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    return folder


def test_one_is_made_once_and_goes_with_the_last_that_names_it(
    wheels: Path, tmp_path: Path
) -> None:
    local, wanted = tmp_path / "local", (pin(wheels / NAME, "deepaas"),)
    key = shared.made(local, wanted)
    made = shared.path_of(local, key)
    assert (made / "deepaas.py").read_text() == "x = 1\n"
    (wheels / NAME).unlink()
    assert shared.made(local, wanted) == key
    place = Place(local / "one")
    place.save({"plugins": {"node": {"live": {"environment": key}}}})
    shared.sweep(local)
    assert made.is_dir()
    place.save({"plugins": {}})
    shared.sweep(local)
    assert not (local / shared.FOLDER).exists()


def test_another_checksum_makes_none(wheels: Path, tmp_path: Path) -> None:
    local, wanted = tmp_path / "local", (f"deepaas==0.1 --hash=sha256:{'a' * 64}",)
    with pytest.raises(StepError, match="cannot be made") as caught:
        shared.made(local, wanted)
    assert (caught.value.kind, caught.value.code) == ("module", "run/environment")
    assert [path.name for path in (local / shared.FOLDER).iterdir()] == [".lock"]


SETUP = """\
import os, socket
from setuptools import setup
told = []
for attempt in (
    lambda: open({secret!r}).read(),
    lambda: socket.create_connection(("127.0.0.1", {port}), 5),
    lambda: open({outside!r}, "w"),
):
    try:
        attempt()
        told.append("yes")
    except OSError:
        told.append("no")
open("said.py", "w").write(f"told = {told!r}; seen = {sorted(os.environ)!r}")
setup(name="said", version="0.1", py_modules=["said"])
"""


def source(path: Path, setup: str) -> Path:
    folder = path.with_suffix("")
    folder.mkdir()
    (folder / "setup.py").write_text(setup)
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, "said-0.1")
    return path


@pytest.fixture
def tools() -> Path:
    """An environment that has setuptools."""
    packages = [*Path(sys.prefix, "deepaas", "lib").glob("python3*/site-packages/setuptools")]
    if not packages or not available().suffices:
        pytest.skip("no setuptools beside the real DEEPaaS, or no box")
    return packages[0].parent


def test_pip_never_runs_a_source(wheels: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    packed = source(wheels / "said-0.1.tar.gz", f"open({str(mark)!r}, 'w')")
    wanted = (pin(wheels / NAME, "deepaas"), pin(packed, "said"))
    with pytest.raises(StepError, match="no package index is asked"):
        shared.made(tmp_path / "local", wanted)
    assert not mark.exists()


def test_sources_are_fetched_by_https_alone(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = source(wheels / "said-0.1.tar.gz", "")
    monkeypatch.delenv("PIP_NO_INDEX")
    with pytest.raises(StepError, match="by https alone"):
        sources.wheel(pin(packed, "said"), tmp_path, tmp_path, "http://127.0.0.1:1/simple")


def test_a_source_is_built_in_a_box(tmp_path: Path, tools: Path) -> None:
    import socket

    secret, outside = tmp_path / "secret", tmp_path / "outside"
    secret.write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        setup = SETUP.replace("{secret!r}", repr(str(secret))).replace("{port}", str(port))
        setup = setup.replace("{outside!r}", repr(str(outside)))
        packed = source(tmp_path / "said.tar.gz", setup)
        out = tmp_path / "out"
        out.mkdir()
        made = sources.built("said", packed, tools, out)
    assert not outside.exists()
    with zipfile.ZipFile(made) as file:
        told: dict[str, list[str]] = {}
        exec(file.read("said.py"), told)
    assert told["told"] == ["no", "no", "no"]
    assert set(told["seen"]) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR"}


def test_a_source_that_cannot_be_built_says_why(tmp_path: Path, tools: Path) -> None:
    packed = source(tmp_path / "said.tar.gz", "raise SystemExit('it needs more')")
    with pytest.raises(StepError, match="cannot be built: it needs more"):
        sources.built("said", packed, tools, tmp_path)


def test_the_index_is_the_one_that_pip_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "pip" / "pip.conf"
    settings.parent.mkdir()
    settings.write_text("[global]\nindex-url = https://index.example.org/simple\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert sources._usual() == "https://index.example.org/simple"
    settings.write_text("")
    assert sources._usual() != "https://index.example.org/simple"
