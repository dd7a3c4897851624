"""Stores of models in a forge: its Git LFS and its releases, of a real Gitea; by `make gitea`."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from credentials import Authority
from cutting import front
from ended_trainings import BRANCH, MODULE, TRAINING, git, here
from gitea import NAME, OWNER, Gitea, running
from stores import CONTENT, archive_of, require_cut, require_kept, require_swept

from deepcat.errors import DeepcatError
from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository
from deepcat.host import archive as host
from deepcat.host.failure import StepError
from deepcat.loop.trained.propose import Stage, propose
from deepcat.loop.trained.store import ModelStore, Place
from deepcat.loop.trained.values import Wish
from deepcat.records.store import Store

__all__ = ["here"]

pytestmark = [pytest.mark.system("go", "git-lfs"), pytest.mark.starts("Gitea")]


@pytest.fixture
def gitea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gitea]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("GIT_SSL_CAINFO", str(authority.path))
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https")
    with running(tmp_path / "gitea", authority) as found:
        monkeypatch.setenv("STORE_SECRET", found.token)
        yield found


def kept(gitea: Gitea) -> list[Path]:
    """The objects that its LFS has."""
    return [each for each in gitea.root.rglob("lfs/*/*/*") if each.is_file()]


@pytest.mark.timeout(1800)
def test_git_lfs(gitea: Gitea, tmp_path: Path) -> None:
    place = Place(f"lfs://{gitea.at}/{OWNER}/{NAME}", "", secret="env:STORE_SECRET")
    store = ModelStore(place)
    path, sha256 = archive_of(tmp_path)
    require_not_named_when_cut(gitea, place, path, sha256)
    store.put(path, sha256)
    store.put(path, sha256)
    (object_,) = kept(gitea)
    assert object_.read_bytes() == CONTENT
    address = store.address(sha256, path.name, len(CONTENT))
    target = tmp_path / "fetched"
    host.fetch(address, sha256, tmp_path, target)
    assert target.read_bytes() == CONTENT
    with pytest.raises(StepError, match="answered with 404"):
        host.fetch(store.address("a" * 64, path.name, 3), "a" * 64, tmp_path, target)
    with pytest.raises(DeepcatError) as caught:
        store.sweep(())
    assert caught.value.code == "store/sweep"
    require_pulled(gitea, store, sha256, tmp_path)
    with pytest.raises(DeepcatError, match="no such repository"):
        ModelStore(replace(place, address=f"{place.address}-else")).put(path, sha256)


def require_not_named_when_cut(gitea: Gitea, place: Place, path: Path, sha256: str) -> None:
    """What is cut in the middle is no object; a token of nobody writes none."""
    broken = path.with_name("broken.tar.gz")
    broken.write_bytes(os.urandom(1 << 20))
    os.environ["STORE_NOBODY"] = "0" * 40
    try:
        with pytest.raises(DeepcatError, match=r"40[13]") as caught:
            ModelStore(replace(place, secret="env:STORE_NOBODY")).put(path, sha256)
        assert "0" * 40 not in caught.value.message
    finally:
        del os.environ["STORE_NOBODY"]
    with front(gitea.at, 1_000, 1 << 18) as here, pytest.raises(DeepcatError):
        address = place.address.replace(gitea.at, here)
        whole = hashlib.sha256(broken.read_bytes()).hexdigest()
        ModelStore(replace(place, address=address)).put(broken, whole)
    assert kept(gitea) == []


def require_pulled(gitea: Gitea, store: ModelStore, sha256: str, folder: Path) -> None:
    """By the pointer that a commit has, Git LFS's own client has the same bytes."""
    (path, pointer), *_ = store.beside(sha256, "model.tar.gz", len(CONTENT)).items()
    url = f"https://{OWNER}:{gitea.token}@{gitea.at}/{OWNER}/{NAME}.git"
    git(folder, "clone", "-q", url, "clone")
    clone = folder / "clone"
    (clone / path).write_bytes(pointer)
    git(clone, "add", path)
    git(clone, "commit", "-qm", "new")
    git(clone, "push", "-q", "origin", "main")
    git(folder, "clone", "-q", f"https://{gitea.at}/{OWNER}/{NAME}.git", "anybody")
    git(folder / "anybody", "lfs", "fetch", "origin", "main")
    fetched = folder / "anybody" / ".git" / "lfs" / "objects" / sha256[:2] / sha256[2:4] / sha256
    assert fetched.read_bytes() == CONTENT
    smudged = subprocess.run(
        ["git", "lfs", "smudge"], cwd=folder / "anybody", input=pointer, capture_output=True,
        check=True,
    )  # fmt: skip
    assert smudged.stdout == CONTENT


@pytest.mark.timeout(1800)
def test_a_release(gitea: Gitea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"gitea-release://{gitea.at}/{OWNER}/{NAME}/models"
    place = Place(address, "", secret="env:STORE_SECRET")
    require_kept(place, tmp_path)
    (release,) = gitea.ask("GET", f"repos/{OWNER}/{NAME}/releases")
    names = sorted(each["name"] for each in release["assets"])
    (sha256,) = ModelStore(place).names()
    assert names == [f"{sha256}.intoto.json", f"{sha256}.tar.gz"]
    require_cut(place, int(gitea.at.partition(":")[2]), tmp_path)
    require_swept(place, tmp_path, monkeypatch)
    # What others attach there is none of ours.
    (release,) = gitea.ask("GET", f"repos/{OWNER}/{NAME}/releases")
    assert len(release["assets"]) == 1
    monkeypatch.setenv("STORE_SECRET", "0" * 40)
    path, sha256 = archive_of(tmp_path)
    with pytest.raises(DeepcatError, match="401") as caught:
        ModelStore(place).put(path, sha256)
    assert "0" * 40 not in caught.value.message


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["lfs", "gitea-release"])
def test_what_hosts_cannot_read_is_not_named(gitea: Gitea, tmp_path: Path, kind: str) -> None:
    gitea.ask("PATCH", f"repos/{OWNER}/{NAME}", {"private": True})
    tag = "/models" if kind == "gitea-release" else ""
    store = ModelStore(
        Place(f"{kind}://{gitea.at}/{OWNER}/{NAME}{tag}", "", secret="env:STORE_SECRET")
    )
    with pytest.raises(DeepcatError, match=r"answered 40[14] to somebody without a log-in"):
        store.put(*archive_of(tmp_path))
    if kind == "gitea-release":
        assert (store.names(), store._backend.parts()) == ({}, ())


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["lfs", "gitea-release"])
def test_a_training_comes_back_by_it(
    gitea: Gitea, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """One pull request, whose address a host fetches the model by, without a log-in."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    tag = "/models" if kind == "gitea-release" else ""
    address = f"{kind}://{gitea.at}/{OWNER}/{NAME}{tag}"
    models = ModelStore(Place(address, "", above=0, secret="env:STORE_SECRET"))
    git_, output = Repository(here), here.parent / "output"

    def ask(_: Any, module: Any) -> tuple[str, Any]:
        return "", [each.response for each in module.samples]

    given = (here, git_, Bare(git_, "main"), Store(here), "main", "", ask)
    stage = Stage(*given, lambda _: nullcontext(output), models=models, in_commit=True)
    training = Store(here).read_trainings()[TRAINING]
    assert propose(stage, training, Wish.BETTER).state == "proposed"
    folder = f"{BRANCH}:modules/{MODULE}"
    model = yaml.safe_load(git(here, "show", f"{folder}/module.yaml"))["model"]
    made = output / "model.tar.gz"
    names = git(here, "ls-tree", "--name-only", f"{folder}/").splitlines()
    assert ("model.lfs" in names, "model.tar.gz" in names) == (kind == "lfs", False)
    if kind == "lfs":
        pointer = git(here, "show", f"{folder}/model.lfs").splitlines()
        size = f"size {made.stat().st_size}"
        assert pointer[1:] == [f"oid sha256:{model['sha256']}", size]
    host.fetch(model["source"], model["sha256"], tmp_path, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == made.read_bytes()
