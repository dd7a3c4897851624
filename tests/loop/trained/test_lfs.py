"""A store of models in Git LFS, by servers that answer as GitHub and GitLab say that theirs do."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from credentials import Authority
from stores import CONTENT, archive_of

from deepcat.errors import DeepcatError
from deepcat.host import archive as host
from deepcat.host.failure import StepError
from deepcat.loop.trained.store import ModelStore, Place
from deepcat.loop.trained.stores import web

pytestmark = pytest.mark.starts("a Git LFS")
OURS = "Basic " + base64.b64encode(b"x-access-token:a-token-1").decode()
SIGNED = "?X-Amz-Signature=abc"
_CHUNKED = {"Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"}


class Forge:
    """Answers of one forge.

    Attributes:
        like: whose they are: `github` lets files be brought to a storage of its own that wants
            nothing but its signature; `gitlab` keeps them beside the repository and gives a token
            for that; `gitlab-old` gives none, so that the log-in is to be said; `own-storage` has
            the signature in the address, at the forge's host.
        more: of the answer to a batch.
        limits: how many batches are answered with 429 first.
        broken: what was asked as it must not be.
    """

    def __init__(self, like: str, **more: Any) -> None:
        self.like, self.more = like, more
        self.limits, self.kept = 0, b""
        self.broken: list[str] = []
        self.asked: list[str] = []
        self.at = self.storage = ""

    def batch(self, given: Any, login: str | None) -> tuple[int, dict[str, Any]]:
        if self.limits:
            self.limits -= 1
            return 429, {"message": "slow down"}
        self.expect("a batch", given["operation"] == "upload", login == OURS)
        self.expect("a batch", given["operation"] == "download", login is None)
        oid = given["objects"][0]["oid"]
        actions = getattr(self, f"_{given['operation']}")(oid)
        if given["operation"] == "upload" and self.kept:
            actions = {}
        if given["operation"] == "download" and not self.kept:
            known = {"oid": oid, "error": {"code": 404, "message": "Object does not exist"}}
        else:
            known = {"oid": oid, "size": len(CONTENT), "actions": actions}
            known |= {} if self.like in ("github", "gitlab-old") else {"authenticated": True}
        return 200, {"objects": [known], **self.more}

    def _upload(self, oid: str) -> dict[str, Any]:
        if self.like == "github":
            header = {"Authorization": "AWS4-HMAC-SHA256 x", "x-amz-content-sha256": oid}
            verify = {"href": f"{self.at}/verify", "header": {"Authorization": "RemoteAuth 1"}}
            upload = {"href": f"{self.storage}/kept/{oid}", "header": header, "expires_in": 900}
            return {"upload": upload, "verify": verify}
        if self.like == "own-storage":
            return {"upload": {"href": f"{self.at}/kept/{oid}{SIGNED}", "header": {}}}
        own = {"Authorization": "Basic bGZzOnRva2Vu"} if self.like == "gitlab" else {}
        href = f"{self.at}/lab/models.git/gitlab-lfs/objects/{oid}/{len(CONTENT)}"
        return {"upload": {"href": href, "header": {**own, **_CHUNKED}}}

    def _download(self, oid: str) -> dict[str, Any]:
        signed = self.like in ("github", "own-storage")
        there = f"/kept/{oid}{SIGNED}" if signed else f"/lab/models.git/gitlab-lfs/objects/{oid}"
        at = self.storage if self.like == "github" else self.at
        return {"download": {"href": f"{at}{there}", "header": {}}}

    def login_of_file(self) -> str | None:
        """Who has to bring a file."""
        by = {"github": "AWS4-HMAC-SHA256 x", "gitlab": "Basic bGZzOnRva2Vu", "gitlab-old": OURS}
        return by.get(self.like)

    def expect(self, what: str, when: bool, holds: bool) -> None:
        if when and not holds:
            self.broken.append(what)


@contextmanager
def served(forge: Forge, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The forge at 127.0.0.1, and its storage at `localhost`."""
    (folder / "tls").mkdir()
    authority = Authority(folder / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("STORE_SECRET", "a-token-1")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*authority.sign("forge", "forge"))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(forge)) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        at = f"127.0.0.1:{server.server_port}"
        forge.at, forge.storage = f"https://{at}", f"https://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Place(f"lfs://{at}/lab/models", "", secret="env:STORE_SECRET")
        finally:
            server.shutdown()
            thread.join()
    assert forge.broken == []


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given, login = json.loads(self._body()), self.headers["Authorization"]
            forge.asked.append(self.path)
            if self.path == "/verify":
                forge.expect("verify", True, login == "RemoteAuth 1")
                return self._say(200, b"{}")
            status, told = forge.batch(given, login)
            return self._say(status, json.dumps(told).encode(), {"Retry-After": "3"})

        def do_PUT(self) -> None:
            forge.asked.append("PUT")
            forge.expect("a file", True, self.headers["Authorization"] == forge.login_of_file())
            forge.kept = self._body()
            self._say(200, b"")

        def do_GET(self) -> None:
            # Who reads has no log-in; a storage takes no other way in beside its signature.
            forge.expect("what is read", True, self.headers["Authorization"] is None)
            if "gitlab-lfs" in self.path:
                return self._say(302, b"", {"Location": f"{forge.storage}/kept/x{SIGNED}"})
            forge.expect("what is read", True, self.path.endswith(SIGNED))
            return self._say(200, forge.kept)

        def _body(self) -> bytes:
            if self.headers["Transfer-Encoding"] != "chunked":
                return self.rfile.read(int(self.headers["Content-Length"]))
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content

        def _say(self, status: int, content: bytes, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **(more or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.mark.parametrize("like", ["github", "gitlab", "gitlab-old", "own-storage"])
def test_each_forge_is_told_who_we_are_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, like: str
) -> None:
    """And nobody else: not a storage that lets in by a signature, nor who reads for a host."""
    forge = Forge(like)
    path, sha256 = archive_of(tmp_path)
    with served(forge, tmp_path, monkeypatch) as place:
        store = ModelStore(place)
        store.put(path, sha256)
        store.put(path, sha256)
        address = store.address(sha256, path.name, len(CONTENT))
        host.fetch(address, sha256, tmp_path, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == forge.kept == CONTENT
    assert forge.asked.count("PUT") == 1
    assert forge.asked.count("/verify") == (like == "github")


def test_a_forge_that_is_asked_too_often_is_asked_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By who brings a model; a host, which has others to ask, goes to the next."""
    waits: list[float] = []
    monkeypatch.setattr(web, "_sleep", waits.append)
    forge = Forge("github")
    forge.limits = 2
    path, sha256 = archive_of(tmp_path)
    with served(forge, tmp_path, monkeypatch) as place:
        store = ModelStore(place)
        store.put(path, sha256)
        forge.limits = 1
        address = store.address(sha256, path.name, len(CONTENT))
        with pytest.raises(StepError, match="429") as caught:
            host.fetch(address, sha256, tmp_path, tmp_path / "fetched")
    assert (waits, caught.value.kind) == ([3.0, 3.0], "cloud")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"hash_algo": "sha512"}, "another sum than sha256"),
        ({"transfer": "multipart"}, "by the transfer `basic`"),
    ],
    ids=["sum", "transfer"],
)
def test_what_is_another_lfs_is_said_before_a_file_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], why: str
) -> None:
    forge = Forge("github", **more)
    with served(forge, tmp_path, monkeypatch) as place, pytest.raises(DeepcatError, match=why):
        ModelStore(place).put(*archive_of(tmp_path))
    assert "PUT" not in forge.asked


def test_what_a_forge_does_not_take_is_said_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"code": 422, "message": "Size must be less than or equal to 2147483648"}
    path, sha256 = archive_of(tmp_path)
    forge = Forge("github", objects=[{"oid": sha256, "size": len(CONTENT), "error": error}])
    with (
        served(forge, tmp_path, monkeypatch) as place,
        pytest.raises(DeepcatError, match="Size must be less than"),
    ):
        ModelStore(place).put(path, sha256)
