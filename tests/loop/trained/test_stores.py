"""Each kind of store of models, by its real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from credentials import Authority
from stores import require_cut, require_kept, require_swept, webdav

from deepcat.errors import DeepcatError
from deepcat.loop.trained.store import ModelStore, Place


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
    monkeypatch.setenv("STORE_SECRET", "another")
    with pytest.raises(DeepcatError, match="401") as caught:
        ModelStore(dav).names()
    assert (caught.value.code, "another" in caught.value.message) == ("store/failed", False)


@pytest.mark.parametrize(
    ("address", "why"),
    [("swift://models/x", "endpoint"), ("webdavs://ada@host/x", "lets somebody in by itself")],
    ids=["no endpoint", "a name in it"],
)
def test_an_address_that_is_none_is_refused(address: str, why: str) -> None:
    with pytest.raises(DeepcatError, match=why) as caught:
        ModelStore(Place(address, "https://models.example.org"))
    assert caught.value.code == "store/failed"
