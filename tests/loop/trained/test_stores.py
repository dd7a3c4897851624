"""Each kind of store of models, by its real server."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import registry
from credentials import Authority
from saying_servers import saying
from stores import archive_of, artifacts, require_cut, require_kept, require_swept, webdav

from deepcat.errors import DeepcatError
from deepcat.loop.trained import store as room
from deepcat.loop.trained.store import ModelStore, Place
from deepcat.loop.trained.stores.artifacts import KIND
from deepcat.loop.trained.stores.web import Web
from deepcat.runtime import registry as speaking
from deepcat.runtime.artifacts import artifact
from deepcat.runtime.image import MANIFEST
from deepcat.runtime.reference import parse
from deepcat.runtime.registry import Registry

# `ada:open sesame`, as `htpasswd -nbB` writes it.
HTPASSWD = "ada:$2y$05$uBb0PbNnVmmY7lgCIWGv0.uZC/WRjBqaytbSVY7o.Qn5n/SHtWyCe\n"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Who signs for all servers here, and is trusted."""
    (tmp_path / "tls").mkdir()
    made = Authority(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    monkeypatch.setenv("STORE_KEY", "ada")
    monkeypatch.setenv("STORE_SECRET", "pa:ss")
    return made


@pytest.fixture
def dav(tmp_path: Path, authority: Authority) -> Iterator[Place]:
    with webdav(tmp_path, authority) as place:
        yield place


@pytest.mark.system("rclone")
@pytest.mark.starts("two servers of rclone")
def test_webdav(dav: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(path: str) -> None:
        file = tmp_path / "files" / "models" / path
        file.write_bytes(b"x" * file.stat().st_size)

    require_kept(dav, tmp_path, spoil)
    port = re.search(r":(\d+)/", dav.address)
    assert port
    require_cut(dav, int(port[1]), tmp_path)
    require_swept(dav, tmp_path, monkeypatch)
    left = [each for each in (tmp_path / "files").rglob("*") if each.is_file()]
    assert len(left) == 1
    monkeypatch.setenv("STORE_SECRET", "wrong-word-1")
    with pytest.raises(DeepcatError, match="401") as caught:
        ModelStore(dav).names()
    assert (caught.value.code, "wrong-word-1" in caught.value.message) == ("store/failed", False)


@pytest.mark.system("rclone")
@pytest.mark.starts("rclone")
def test_one_that_is_out_of_service_is_told_in_time(tmp_path: Path, authority: Authority) -> None:
    said = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"one")
    begun = time.monotonic()
    with saying(said) as host, pytest.raises(DeepcatError, match="503") as caught:
        place = Place(f"webdav://{host}/models", "https://models.example.org")
        ModelStore(place).put(model, hashlib.sha256(b"one").hexdigest())
    assert caught.value.code == "store/failed"
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("address", "why"),
    [("swift://models/x", "endpoint"), ("webdavs://ada@host/x", "lets somebody in by itself")],
    ids=["no endpoint", "a name in it"],
)
def test_an_address_that_is_none_is_refused(address: str, why: str) -> None:
    with pytest.raises(DeepcatError, match=why) as caught:
        ModelStore(Place(address, "https://models.example.org"))
    assert caught.value.code == "store/failed"


@pytest.mark.system("docker-registry")
@pytest.mark.starts("docker-registry")
def test_a_registry(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.setattr(speaking, "_PAUSES_S", (0.0, 0.0))
    with artifacts(tmp_path, authority) as place:
        require_kept(place, tmp_path)
        (sha256,) = ModelStore(place).names()
        where = parse(place.address.removeprefix("oci://"))
        held = Registry(where, None)
        told = held.manifest(sha256)
        assert (told["artifactType"], told["layers"][0]["digest"]) == (KIND, f"sha256:{sha256}")
        title = told["layers"][0]["annotations"]["org.opencontainers.image.title"]
        assert title == f"{sha256}.tar.gz"
        digest = held.digest_of(sha256)
        (statement,) = held.referrers(digest)
        assert statement["artifactType"] == "application/vnd.in-toto+json"
        require_cut(place, int(where.host.partition(":")[2]), tmp_path)
        require_swept(place, tmp_path, monkeypatch)
        assert held.referrers(digest) == []
        # What others keep there is none of ours.
        held.name("latest", artifact("application/x-other", []), MANIFEST)
        held.name("0" * 64, artifact("application/x-other", []), MANIFEST)
        monkeypatch.setattr(room, "YOUNG_S", -3600.0)
        assert len(ModelStore(place).sweep(())) == 1
        assert sorted(held.tags()) == ["0" * 64, "latest"]


@pytest.mark.system("docker-registry")
@pytest.mark.starts("docker-registry")
def test_who_we_are_to_a_registry_is_told_by_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    settings = f"auth: {{htpasswd: {{realm: lab, path: {tmp_path}/htpasswd}}}}"
    monkeypatch.setenv("STORE_KEY", "ada")
    path, sha256 = archive_of(tmp_path)
    with registry(tmp_path, more=settings) as address:
        place = Place(f"oci://{address}/lab/models", "", key="env:STORE_KEY", secret="env:STORE_S")
        monkeypatch.setenv("STORE_S", "wrong-one")
        with pytest.raises(DeepcatError) as caught:
            ModelStore(place).put(path, sha256)
        assert caught.value.code == "registry/login"
        assert "wrong-one" not in caught.value.message
        monkeypatch.setenv("STORE_S", "open sesame")
        ModelStore(place).put(path, sha256)
        assert set(ModelStore(place).names()) == {sha256}


def test_one_registry_has_one_address_and_a_tag_is_none() -> None:
    place = Place("oci://registry.example.org/lab/models", "")
    address = ModelStore(place).address("a" * 64, "model.zip", 1)
    assert address == f"https://registry.example.org/v2/lab/models/blobs/sha256:{'a' * 64}"
    with pytest.raises(DeepcatError, match="names a tag"):
        ModelStore(Place("oci://registry.example.org/lab/models:1", ""))


def test_a_forge_knows_what_lies_where_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_SECRET", "a-token-1")
    sha256 = "a" * 64
    lfs = ModelStore(Place("lfs://forge.example.org/lab/models.git", "", secret="env:STORE_SECRET"))
    root = "https://forge.example.org/lab/models.git/info/lfs"
    assert lfs.address(sha256, "model.zip", 7) == f"{root}/objects/{sha256}?size=7"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize 7\n"
    assert lfs.beside(sha256, "model.zip", 7) == {"model.lfs": pointer.encode()}
    with pytest.raises(DeepcatError, match="tells nobody what it keeps") as caught:
        lfs.sweep(())
    assert caught.value.code == "store/sweep"
    where = "gitea-release://forge.example.org/lab/models/kept"
    release = ModelStore(Place(where, "", secret="env:STORE_SECRET"))
    files = "https://forge.example.org/lab/models/releases/download/kept"
    assert release.address(sha256, "model.tgz", 7) == f"{files}/{sha256}.tgz"
    assert release.beside(sha256, "model.tgz", 7) == {}


def test_a_token_goes_to_nobody_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_SECRET", "a-token-1")
    web = Web(Place("lfs://h/a/b", "", secret="env:STORE_SECRET"), "https://h/a/b.git/info/lfs")
    for url in ("http://h/a/b.git/info/lfs/objects/x", "file:///etc/passwd", "https://h/\r\nA: b"):
        with pytest.raises(DeepcatError, match="no https address"):
            next(web.read(url, {}))
    with pytest.raises(DeepcatError, match="asks for a header"):
        next(web.read("https://127.0.0.1:1/x", {"A\r\nB": "c"}))
