"""Real stores of models on the loopback, and what holds of every kind of store."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from containers import registry
from credentials import Authority
from cutting import front
from ended_trainings import BRANCH, MODULE, TRAINING, git
from free_ports import free_ports
from troubled import troubled
from waiting import until

from deepcat.errors import DeepcatError
from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository
from deepcat.host import archive as host
from deepcat.loop.trained import store as room
from deepcat.loop.trained.propose import Stage, propose
from deepcat.loop.trained.store import ModelStore, Place
from deepcat.loop.trained.values import Wish
from deepcat.records.store import Store

CONTENT = b"one model " * 20_000
_MOST = 1 << 20


@contextmanager
def served(words: list[str], port: int, env: Mapping[str, str], log: Path) -> Iterator[None]:
    """A program on a port of the loopback, once it answers there."""
    with (
        log.open("ab") as out,
        subprocess.Popen(words, env={**os.environ, **env}, stdout=out, stderr=out) as process,
    ):
        try:
            until(lambda: process.poll() is not None or answers(port))
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()


def answers(port: int) -> bool:
    """Whether somebody listens on a port here."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def webdav(folder: Path, authority: Authority) -> Iterator[Place]:
    """A WebDAV server with TLS that lets in `ada`; a server of the web lets all read the same."""
    files = folder / "files"
    files.mkdir()
    certificate, key = authority.sign("localhost", "webdav")
    own, public = free_ports(2)
    secure = [f"--cert={certificate}", f"--key={key}"]
    env = {"RCLONE_CONFIG": str(folder / "none"), "RCLONE_PASS": "pa:ss"}
    words = ["rclone", "serve", "webdav", str(files), f"--addr=127.0.0.1:{own}", "--user=ada"]
    reading = ["rclone", "serve", "http", str(files), f"--addr=127.0.0.1:{public}", "--read-only"]
    log = folder / "log"
    with (
        served([*words, *secure, "--dir-cache-time=0s"], own, env, log),
        served([*reading, *secure, "--dir-cache-time=0s"], public, {**env, "RCLONE_PASS": ""}, log),
    ):
        yield Place(
            f"webdavs://127.0.0.1:{own}/models",
            f"https://127.0.0.1:{public}/models",
            key="env:STORE_KEY",
            secret="env:STORE_SECRET",
        )


def archive_of(folder: Path, content: bytes = CONTENT) -> tuple[Path, str]:
    """A file that stands for a model's archive, and its sha256."""
    path = folder / "model.tar.gz"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def require_kept(place: Place, folder: Path, spoil: Callable[[str], None] | None = None) -> None:
    """What is kept is whole, written once, and what a host fetches; what came otherwise is not.

    Args:
        place: the store; it is empty.
        folder: for files of the test.
        spoil: lets what has a name in the store be of other bytes, as many; None where nobody can.
    """
    store = ModelStore(place)
    assert store.names() == {}
    path, sha256 = archive_of(folder)
    with pytest.raises(DeepcatError, match="read back") as caught:
        store.put(path, "0" * 64)
    assert caught.value.code == "store/failed"
    assert (store.names(), store._backend.parts()) == ({}, ())
    store.put(path, sha256)
    store.put_statement(sha256, path.name, {"subject": [sha256]})
    (known, _), *_ = store.names().values()
    assert set(store.names()) == {sha256}
    written = store._backend.models()[sha256].written
    store.put(path, sha256)
    assert store._backend.models()[sha256].written == written
    target = folder / "fetched"
    host.fetch(store.address(sha256, path.name, len(CONTENT)), sha256, folder, target)
    assert target.read_bytes() == CONTENT
    if spoil:
        spoil(known)
        assert store._sum(known, _MOST) != sha256
        store.put(path, sha256)
        assert store._sum(store.names()[sha256][0], _MOST) == sha256
    assert store._backend.parts() == ()


def require_swept(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a commit names stays, and so does what is young.

    Args:
        place: the store.
        folder: for files of the test.
        monkeypatch: of the test, to let a day go by.
    """
    store = ModelStore(place)
    path, named = archive_of(folder, b"named")
    store.put(path, named)
    path, old = archive_of(folder, b"old")
    store.put(path, old)
    store.put_statement(old, path.name, {"subject": [old]})
    path, zipped = archive_of(folder, b"zipped")
    store.put(path.rename(path.with_suffix("").with_suffix(".zip")), zipped)
    assert store.sweep({named}) == ()
    with monkeypatch.context() as later:
        later.setattr(room, "YOUNG_S", -3600.0)
        before = set(store.names())
        assert set(store.sweep({named}, dry_run=True)) == before - {named}
        assert set(store.names()) == before
        assert set(store.sweep({named})) == before - {named}
        assert store.sweep({named}) == ()
    assert set(store.names()) == {named}
    host.fetch(store.address(named, path.name, len(b"named")), named, folder, folder / "fetched")


def require_cut(place: Place, port: int, folder: Path) -> None:
    """Of what is cut in the middle nothing has a name.

    Args:
        place: the store, which is reached by `port` of its address.
        port: the real one.
        folder: for files of the test.
    """
    path, sha256 = archive_of(folder, os.urandom(1 << 20))
    before = set(ModelStore(place).names())
    there = f"127.0.0.1:{port}"
    with front(there, 1_000, 1 << 18) as here:
        broken = replace(
            place,
            address=place.address.replace(there, here),
            endpoint=place.endpoint.replace(there, here),
        )
        with pytest.raises(DeepcatError):
            ModelStore(broken).put(path, sha256)
    assert set(ModelStore(place).names()) == before
    ModelStore(place).put(path, sha256)
    assert set(ModelStore(place).names()) == before | {sha256}


@contextmanager
def artifacts(folder: Path, authority: Authority) -> Iterator[Place]:
    """A registry, and another with TLS of what it holds."""
    certificate, key = authority.sign("localhost", "registry")
    (port,) = free_ports(1)
    settings = f"""\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}
http: {{addr: "127.0.0.1:{port}", tls: {{certificate: {certificate}, key: {key}}}}}
"""
    (folder / "tls.yml").write_text(settings)
    # It takes variables of this name for settings of its own; podman's are others.
    words = ["env", "-u", "REGISTRY_AUTH_FILE", "docker-registry", "serve", f"{folder}/tls.yml"]
    with (
        registry(folder, ", delete: {enabled: true}") as address,
        served(words, port, {}, folder / "tls.log"),
    ):
        public = f"https://127.0.0.1:{port}/v2/lab/models/blobs"
        yield Place(f"oci://{address}/lab/models", public)


def require_one_proposal(
    place: Place, at: str, root: Path, harm: tuple[str, str, int], *, fails: bool | None
) -> None:
    """A training whose store comes to harm is proposed once, and never by a half model.

    Args:
        place: the store; it is empty.
        at: host and port of its server, as its address or endpoint names it.
        root: a catalog whose training ended.
        harm: what `troubled` is told.
        fails: whether the first try has to fail; None where both will do.
    """
    with troubled(at, *harm) as led:
        broken = replace(
            place, address=place.address.replace(at, led), endpoint=place.endpoint.replace(at, led)
        )
        try:
            state = _propose(broken, root)
        except DeepcatError as error:
            state = error.code
    expected = {True: {"store/failed"}, False: {"proposed"}, None: {"store/failed", "proposed"}}
    assert state in expected[fails]
    assert bool(git(root, "branch", "--list", BRANCH)) is (state == "proposed")
    _require_all_whole(place)
    assert [_propose(place, root), _propose(place, root)] == ["proposed"] * 2
    (named,) = _require_all_whole(place)
    assert f"sha256: {named}" in git(root, "show", f"{BRANCH}:modules/{MODULE}/module.yaml")
    assert git(root, "rev-list", "--count", f"main..{BRANCH}") == "1"
    branches = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/deepcat").split()
    assert branches == [f"refs/heads/{BRANCH}"]


def _propose(place: Place, root: Path) -> str:
    def ask(_: Any, module: Any) -> tuple[str, Any]:
        return "", [each.response for each in module.samples]

    repository, output = Repository(root), root.parent / "output"
    given = (root, repository, Bare(repository, "main"), Store(root), "main", "", ask)
    bring = lambda _: nullcontext(output)  # noqa: E731
    stage = Stage(*given, bring, models=ModelStore(place), in_commit=True)
    return propose(stage, Store(root).read_trainings()[TRAINING], Wish.BETTER).state


def _require_all_whole(place: Place) -> set[str]:
    """What has a name in a store is what its name says; gives all."""
    store = ModelStore(place)
    found = store.names()
    assert {sha256: store._sum(path, _MOST) for sha256, (path, _) in found.items()} == {
        sha256: sha256 for sha256 in found
    }
    return set(found)
