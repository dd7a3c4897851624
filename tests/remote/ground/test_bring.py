"""Things are brought to a host by its shell alone, here that of this machine."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deepcat.remote.ground import scripts, uses
from deepcat.remote.ground.bring import Brought, Host, Thing
from deepcat.remote.ground.choose import GroundError
from deepcat.remote.ground.index import fetching
from deepcat.remote.ground.shore import Shore
from deepcat.runtime import packing
from deepcat.runtime.values import Packed

pytestmark = pytest.mark.starts("/bin/sh")
NOISE = random.Random(4).randbytes(3 << 20)
FILES = {"site/a/noise": NOISE, "site/run": b"#!/bin/sh\n"}


@pytest.fixture
def thing(tmp_path: Path) -> Thing:
    """Something to be brought."""

    def packed(how: str) -> Packed:
        path = tmp_path / f"thing.tar.{how}"
        if not path.exists():
            packing.pack(FILES, how, path)
        return Packed(path, path.stat().st_size, packing.checksum(path))

    return Thing("runtime/0123", "deepcat-thing-0123", len(NOISE), packed)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host that is this machine."""
    return Host(Shore(), str(tmp_path / "base"))


def with_tools(host: Host, *tools: str, python: bool = False) -> Host:
    """The same host with no more than these."""
    facts = host.facts
    host._facts = replace(facts, tools=frozenset(tools), pythons=facts.pythons if python else ())
    return host


def lies(host: Host) -> bool:
    """Whether the thing lies there whole, and nothing of it besides."""
    base = Path(host.base)
    there = base / "runtime" / "0123" / "site"
    left = [path.name for path in (base / "parts").iterdir() if not path.name.endswith(".lock")]
    return (
        (there / "a" / "noise").read_bytes() == NOISE
        and os.access(there / "run", os.X_OK)
        and left == []
    )


def test_what_lacks_is_pushed_and_what_lies_there_is_not(host: Host, thing: Thing) -> None:
    size = thing.packed(scripts.compression(host.facts)).size
    assert host.bring(thing) == Brought(f"{host.base}/runtime/0123", "push", size)
    assert lies(host)
    again = Host(Shore(), host.base)
    assert again.bring(thing) == Brought(f"{host.base}/runtime/0123", "there")
    assert (host.sent, again.sent) == (size, 0)


@pytest.mark.parametrize(
    ("tools", "python"),
    [
        ("tar gzip sha256sum flock", False),
        ("tar gzip openssl", False),
        ("tar gzip shasum", False),
        ("", True),
    ],
)
def test_any_tools_will_do(host: Host, thing: Thing, tools: str, python: bool) -> None:
    if any(shutil.which(tool) is None for tool in tools.split()):
        pytest.skip("this machine has no such tool")
    assert with_tools(host, *tools.split(), python=python).bring(thing).way == "push"
    assert lies(host)


def test_what_was_cut_off_goes_on_from_there(host: Host, thing: Thing) -> None:
    packed = thing.packed(scripts.compression(host.facts))
    part = Path(host.base, "parts", f"{packed.sha256}.part")
    part.write_bytes(packed.path.read_bytes()[:1_000_000])
    again = Host(Shore(), host.base)
    assert again.facts.parts == {packed.sha256: 1_000_000}
    assert again.bring(thing).sent == packed.size - 1_000_000
    assert lies(again)


def test_a_stream_that_ends_early_keeps_its_part_and_no_more(host: Host, thing: Thing) -> None:
    packed = thing.packed("gz")
    code = scripts.taking(host.facts, thing.target, packed.sha256, packed.size, 0, "gz")
    said = host.shore.run(code, packed.path.read_bytes()[:-5])
    assert said.rc == scripts.CUT
    part = Path(host.base, "parts", f"{packed.sha256}.part")
    assert part.stat().st_size == packed.size - 5
    assert not Path(host.base, thing.target).exists()


@pytest.mark.parametrize("wrong", [b"x" * 1_000, NOISE * 2])
def test_a_part_of_something_else_is_thrown_away(host: Host, thing: Thing, wrong: bytes) -> None:
    packed = thing.packed(scripts.compression(host.facts))
    Path(host.base, "parts", f"{packed.sha256}.part").write_bytes(wrong)
    assert Host(Shore(), host.base).bring(thing).way == "push"
    assert lies(host)


def test_a_part_that_somebody_moved_on_is_gone_on_with(host: Host, thing: Thing) -> None:
    packed = thing.packed(scripts.compression(host.facts))
    part = Path(host.base, "parts", f"{packed.sha256}.part")
    part.write_bytes(packed.path.read_bytes()[:500_000])  # after the facts were asked
    assert host.bring(thing).sent <= packed.size
    assert lies(host)


def test_several_at_once_bring_it_once(host: Host, thing: Thing) -> None:
    thing.packed(scripts.compression(host.facts))  # once, before all
    hosts = [Host(Shore(), host.base) for _ in range(4)]
    for each in hosts:
        assert each.facts.there == frozenset()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda each: each.bring(thing), hosts))
    assert {each.path for each in done} == {f"{host.base}/runtime/0123"}
    assert lies(host)


def test_a_host_without_flock_is_locked_by_a_folder(host: Host, thing: Thing) -> None:
    tools = host.facts.tools - {"flock"}
    thing.packed(scripts.compression(host.facts))
    hosts = [with_tools(Host(Shore(), host.base), *tools) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.bring(thing), hosts))
    assert lies(host)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 5 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m,mode=755", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.system("mount")
@pytest.mark.skipif(os.getuid() != 0, reason="only root mounts a disk")
def test_a_full_disk_is_capacity_and_the_half_goes(small: Path, thing: Thing) -> None:
    host = Host(Shore(), str(small))
    with pytest.raises(GroundError) as told:
        host.bring(thing)
    assert (told.value.failure["kind"], told.value.failure["code"]) == ("capacity", "run/disk-full")
    assert "are needed in" in str(told.value)
    # Somebody else writes, too: what was free a moment ago no longer is.
    host._facts = replace(host.facts, free=1 << 40)
    with pytest.raises(GroundError) as told:
        host.bring(thing)
    assert (told.value.failure["kind"], told.value.failure["code"]) == ("capacity", "run/disk-full")
    assert "no space is left on the host" in str(told.value)
    assert [path for path in small.rglob("*") if path.is_file() and path.stat().st_size] == []


@pytest.mark.parametrize("how", ["unpacked", "gz"])
def test_a_site_cache_is_taken_from(host: Host, thing: Thing, tmp_path: Path, how: str) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    if how == "gz":
        shutil.copy(thing.packed("gz").path, cache / "deepcat-thing-0123.tar.gz")
    else:
        (cache / "0123" / "site").mkdir(parents=True)
    taken = Host(Shore(), host.base, cache=str(cache)).bring(thing)
    where = f"{cache}/0123" if how == "unpacked" else f"{host.base}/runtime/0123"
    assert taken == Brought(where, "cache", 0)
    assert how == "unpacked" or lies(host)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A package index with one package, and the lock that names it."""
    folder = tmp_path / "index" / "grain"
    folder.mkdir(parents=True)
    wheel = folder / "grain-1.0-py3-none-any.whl"
    info = "grain-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("grain/__init__.py", "KIND = 'rye'\n")
        made.writestr("grain/chaff.py", "")
        made.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: grain\nVersion: 1.0\n")
        kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        made.writestr(f"{info}/WHEEL", kind)
        made.writestr(f"{info}/RECORD", "")
    answering = partial(SimpleHTTPRequestHandler, directory=folder.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), answering) as server:
        Thread(target=server.serve_forever).start()
        lock = f"grain==1.0 --hash=sha256:{packing.checksum(wheel)}\n"
        yield f"http://127.0.0.1:{server.server_port}", lock
        server.shutdown()


@pytest.mark.parametrize("is_right", [True, False])
def test_a_host_fetches_from_an_index_what_its_checksum_says(
    host: Host, thing: Thing, index: tuple[str, str], is_right: bool
) -> None:
    address, lock = index
    if not is_right:
        lock = f"grain==1.0 --hash=sha256:{'0' * 64}\n"
    python, base = host.facts.pythons[0].path, host.facts.base
    code = fetching(python, base, thing.target, address, lock, ["grain/__init__.py", "gone.py"])
    taken = host.bring(replace(thing, index=code))
    assert taken.way == ("index" if is_right else "push")
    if is_right:
        there = Path(base, thing.target, "site")
        assert [path.name for path in there.rglob("*.py")] == ["__init__.py"]
        assert [path.name for path in there.rglob("*.pyc")] != []
    else:
        assert lies(host)


def test_a_cache_that_holds_something_else_is_left(
    host: Host, thing: Thing, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "deepcat-thing-0123.tar.gz").write_bytes(b"something else")
    assert Host(Shore(), host.base, cache=str(cache)).bring(thing).way == "push"
    assert lies(host)
    assert (cache / "deepcat-thing-0123.tar.gz").read_bytes() == b"something else"


def test_where_no_way_is_allowed_that_is_said(host: Host, thing: Thing) -> None:
    with pytest.raises(GroundError, match="no way that the cloud's file allows"):
        Host(Shore(), host.base, order=("index",)).bring(thing)


def test_a_file_of_a_deployment_comes_whole(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(NOISE)
    sent = host.pour(Packed(path, len(NOISE), hashlib.sha256(NOISE).hexdigest()), "files/a/b")
    assert sent == len(NOISE)
    assert Path(host.base, "files", "a", "b").read_bytes() == NOISE


def test_what_no_place_names_any_more_is_swept(host: Host, thing: Thing) -> None:
    host.bring(thing)
    base = Path(host.base)
    (base / "agent" / "aa").mkdir()
    place = f"{base}/0a1b2c/demo"
    assert host.shore.run(uses.noting(place, ["runtime/0123"])).rc == 0
    assert host.shore.run(uses.noting(place, ["runtime/0123", "agent/bb"])).rc == 0
    assert Path(place, ".ground").read_text() == "runtime/0123\nagent/bb\n"
    assert host.shore.run(uses.sweeping(host.base)).out == "swept=agent/aa\n"
    assert lies(host)
    shutil.rmtree(base / "0a1b2c")
    shutil.rmtree(base / "parts")
    assert host.shore.run(uses.sweeping(host.base)).out == "swept=runtime/0123\n"
    assert not base.exists()
    assert host.shore.run(uses.sweeping(host.base)).rc == 0


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(GroundError) as told:
        Host(Shore(), "/proc/deepcat").bring(
            Thing("runtime/1", "x", 0, lambda _: Packed(Path("x"), 0, ""))
        )
    assert told.value.failure["code"] == "run/host"
    assert "the host's shell cannot be asked" in str(told.value)
