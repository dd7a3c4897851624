"""The store of models: what has a name is whole, and what no commit names goes."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ended_trainings import git

from deepcat.errors import DeepcatError
from deepcat.forge.git import Repository
from deepcat.loop.trained.named import named
from deepcat.loop.trained.store import ModelStore, Place, place_of
from deepcat.loop.trained.stores.seam import Found

DAYS = 3 * 24 * 3600


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(Place(f"file://{tmp_path}/store", "https://models.example.org"))


def archive(tmp_path: Path, content: bytes = b"one") -> tuple[Path, str]:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_what_is_kept_is_whole_and_written_once(tmp_path: Path, store: ModelStore) -> None:
    path, sha256 = archive(tmp_path)
    store.put(path, sha256)
    (kept,) = files(tmp_path)
    assert kept.read_bytes() == b"one"
    assert store.address(sha256, path.name, 3).endswith(f"/sha256/{sha256[:2]}/{kept.name}")
    before = kept.stat().st_mtime_ns
    store.put(path, sha256)
    assert [each.stat().st_mtime_ns for each in files(tmp_path)] == [before]
    assert set(store.names()) == {sha256}


def test_what_came_otherwise_has_no_name(tmp_path: Path, store: ModelStore) -> None:
    path, _ = archive(tmp_path)
    with pytest.raises(DeepcatError) as caught:
        store.put(path, "0" * 64)
    assert caught.value.code == "store/failed"
    assert files(tmp_path) == []


def test_a_broken_one_of_that_name_is_mended(tmp_path: Path, store: ModelStore) -> None:
    path, sha256 = archive(tmp_path)
    store.put(path, sha256)
    (kept,) = files(tmp_path)
    kept.write_bytes(b"half")
    store.put(path, sha256)
    assert kept.read_bytes() == b"one"


def test_no_more_is_read_back_than_was_written(
    tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sha256 = archive(tmp_path)
    left = iter([b"x" * 1024] * 1000)
    monkeypatch.setattr(store._backend, "read", lambda _: left)
    with pytest.raises(DeepcatError, match="not what was written"):
        store.put(path, sha256)
    assert len([*left]) == 999


def test_only_what_is_old_and_named_by_nobody_goes(tmp_path: Path, store: ModelStore) -> None:
    sums = []
    for content in (b"named", b"old", b"young"):
        path, sha256 = archive(tmp_path, content)
        store.put(path, sha256)
        sums.append(sha256)
        store.put_statement(sha256, path.name, {"subject": [sha256]})
    for each in files(tmp_path):
        if sums[2] not in each.name:
            os.utime(each, (time.time() - DAYS,) * 2)
    strange = tmp_path / "store" / "sha256" / "notes.txt"
    strange.write_text("mine")
    os.utime(strange, (time.time() - DAYS,) * 2)
    assert store.sweep({sums[0]}, dry_run=True) == (sums[1],)
    assert store.sweep({sums[0]}) == (sums[1],)
    assert set(store.names()) == {sums[0], sums[2]}
    assert strange.is_file()
    beside = {each.name.partition(".")[0] for each in files(tmp_path) if "intoto" in each.name}
    assert beside == {sums[0], sums[2]}


def test_what_was_killed_as_it_was_written_goes_and_what_is_asked_for_anew_stays(
    tmp_path: Path, store: ModelStore
) -> None:
    path, sha256 = archive(tmp_path)
    store.put(path, sha256)
    half, new = (tmp_path / "store" / "parts" / name for name in ("half", "new"))
    half.write_bytes(b"ha")
    new.write_bytes(b"h")
    for each in (*files(tmp_path), half):
        if each != new:
            os.utime(each, (time.time() - DAYS,) * 2)
    store.put(path, sha256)  # a commit is about to name it
    assert store.sweep(()) == ()
    assert set(store.names()) == {sha256}
    assert (half.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize("when", ["models", "find"])
def test_what_is_kept_anew_beside_a_sweep_stays(
    tmp_path: Path, store: ModelStore, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sha256 = archive(tmp_path)
    store.put(path, sha256)
    for each in files(tmp_path):
        os.utime(each, (time.time() - DAYS,) * 2)
    if when == "models":  # the sweep has looked, and deletes nothing yet
        backend = store._backend
        listed = backend.models()
        monkeypatch.setattr(backend, "models", lambda: store.put(path, sha256) or listed)
        assert store.sweep(()) == ()
    else:  # it deletes what has its name by now
        other = ModelStore(store.place)
        named, swept = other._backend.name, iter([True])

        def name(part: str, wanted: str) -> None:
            named(part, wanted)
            if next(swept, False):
                store._backend.delete(Found(str(tmp_path / "store" / wanted), 0))

        monkeypatch.setattr(other._backend, "name", name)
        other.put(path, sha256)
    assert set(store.names()) == {sha256}


def test_what_others_propose_at_a_remote_counts(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    first, second = "a" * 64, "b" * 64
    file = "modules/m/module.yaml"
    root = git_tree_at({file: f"sha256: {first}\n"})
    git(tmp_path, "clone", "-q", f"file://{root}", "mine")
    git(root, "checkout", "-q", "-b", "deepcat/train/m")
    (root / file).write_text(f"sha256: {second}\n")
    git(root, "commit", "-qam", "new")
    assert named(Repository(tmp_path / "mine")) == {first, second}
    git(tmp_path / "mine", "remote", "set-url", "origin", f"file://{tmp_path}/gone")
    with pytest.raises(DeepcatError):
        named(Repository(tmp_path / "mine"))


def test_every_commit_counts(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    first, second, third = ("a" * 64, "b" * 64, "c" * 64)
    file = "modules/m/module.yaml"
    root = git_tree_at({file: f"sha256: {first}\n", "other.yaml": f"sha256: {'d' * 64}\n"})
    git(root, "checkout", "-q", "-b", "deepcat/train/m")
    (root / file).write_text(f"sha256: {second}\n")
    git(root, "commit", "-qam", "new")
    git(root, "checkout", "-q", "main")
    (root / file).write_text(f"sha256: {third}\n")
    assert named(Repository(root)) == {first, second, third}
    git(root, "commit", "-qam", "another")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    with pytest.raises(DeepcatError) as caught:
        named(Repository(tmp_path / "shallow"))
    assert caught.value.code == "store/shallow"


def test_settings_name_it() -> None:
    given: dict[str, Any] = {"address": "file:///a/", "public": "https://b/", "above_MB": 0.5}
    assert place_of({"store": given}) == Place("file:///a", "https://b", 500_000)
    assert place_of({}) is None
    with pytest.raises(DeepcatError, match="there is no store of `ftp:`") as caught:
        place_of({"store": {"address": "ftp://a/b"}})
    assert caught.value.code == "catalog/store"
