"""Archives are fetched and unpacked without trusting them."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import resource
import signal
import ssl
import tarfile
import threading
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.request import OpenerDirector, Request

import pytest
from credentials import Authority

from deepcat.host import archive
from deepcat.host.failure import StepError


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def _file(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(name)


def _of_type(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _zip(name: str, content: bytes, mode: int = 0o100644) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as zipped:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        zipped.writestr(info, content)
    return raw.getvalue()


GOOD = _tar((_file("m/saved_model.pb"), b"graph"), (_file("m/variables/v"), b"x" * 2048))


@pytest.mark.parametrize("pack", [lambda raw: raw, gzip.compress])
def test_a_good_archive_is_unpacked_whole(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(pack(GOOD))
    archive.unpack(packed, tmp_path / "out")
    assert (tmp_path / "out/m/variables/v").read_bytes() == b"x" * 2048
    assert archive.model_folder(tmp_path / "out") == tmp_path / "out" / "m"


def test_a_zip_is_unpacked_too(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(_zip("saved_model.pb", b"graph"))
    archive.unpack(packed, tmp_path / "out")
    assert archive.model_folder(tmp_path / "out") == tmp_path / "out"


def _pax_bomb() -> bytes:
    """A header that claims to be 64 MiB long, which would be read into memory at once."""
    info = _of_type("././@PaxHeader", b"x")
    info.size = 64 * 2**20
    return info.tobuf() + b"\0" * info.size


BAD = {
    "above": _tar((_file("../escaped"), b"x")),
    "deep above": _tar((_file("a/../../escaped"), b"x")),
    "absolute": _tar((_file("/tmp/escaped"), b"x")),
    "symlink": _tar((_of_type("l", tarfile.SYMTYPE, "/etc"), b"")),
    "hard link": _tar((_of_type("l", tarfile.LNKTYPE, "/etc/passwd"), b"")),
    "device": _tar((_of_type("d", tarfile.CHRTYPE), b"")),
    "pipe": _tar((_of_type("p", tarfile.FIFOTYPE), b"")),
    "twice": _tar((_file("a"), b"x"), (_file("a"), b"y")),
    "cut": gzip.compress(GOOD)[:-20],
    "no archive": b"hello, world" * 100,
    "empty": b"",
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
    "bomb": gzip.compress(_tar((_file("a"), b"\0" * 5_000_000))),
    "long header": gzip.compress(_pax_bomb()),
    "zip above": _zip("../escaped", b"x"),
    "zip link": _zip("l", b"/etc", 0o120777),
    "zip backslash": _zip("..\\escaped", b"x"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_archive_leaves_nothing(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "in" / "packed"
    packed.parent.mkdir()
    packed.write_bytes(BAD[name])
    with pytest.raises(StepError) as caught:
        archive.unpack(packed, tmp_path / "in" / "out", limit=1_000_000)
    assert (caught.value.kind, caught.value.code) == ("module", "run/archive")
    assert ("Git LFS" in caught.value.message) == (name == "pointer")
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "packed"]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        (("model.tflite",), "."),
        (("1/model.tflite", "1/labels.txt"), "1"),
        (("model.tflite", "other/model.tflite"), "."),
        (("small/model.tflite", "m/saved_model.pb", "m/model.tflite"), "m"),
    ],
)
def test_a_lite_model_is_one_where_there_is_no_other(
    tmp_path: Path, members: tuple[str, ...], where: str
) -> None:
    for member in members:
        (tmp_path / member).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / member).write_bytes(b"")
    assert archive.model_folder(tmp_path) == tmp_path / where


@pytest.mark.parametrize(
    "members",
    [
        (),
        ("a/saved_model.pb", "b/saved_model.pb"),
        ("a/model.tflite", "b/model.tflite"),
        ("x.tflite",),
    ],
)
def test_it_must_hold_one_model(tmp_path: Path, members: tuple[str, ...]) -> None:
    for member in members:
        (tmp_path / member).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / member).write_bytes(b"")
    with pytest.raises(StepError) as caught:
        archive.model_folder(tmp_path)
    assert caught.value.code == "run/archive"


def test_a_file_of_the_module_is_held_against_its_checksum(tmp_path: Path) -> None:
    module, target = tmp_path / "module", tmp_path / "target"
    module.mkdir()
    (module / "a").write_bytes(b"content")
    right = hashlib.sha256(b"content").hexdigest()
    archive.fetch("a", right, module, target)
    assert target.read_bytes() == b"content"
    for source, sha256, code in (
        ("a", "0" * 64, "run/checksum"),
        ("a", "", "run/checksum"),
        ("b", right, "run/archive"),
        ("../outside", right, "run/archive"),
        ("/etc/passwd", right, "run/archive"),
        ("http://127.0.0.1/a", right, "run/source"),
        ("file:///etc/passwd", right, "run/source"),
        ("ftp://127.0.0.1/a", right, "run/source"),
    ):
        with pytest.raises(StepError) as caught:
            archive.fetch(source, sha256, module, target)
        assert caught.value.code == code, source
        assert caught.value.kind == "module"
        assert not target.exists()
    (module / "link").symlink_to("/etc/passwd")
    with pytest.raises(StepError):
        archive.fetch("link", right, module, target)


def test_a_full_disk_is_a_matter_of_capacity(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 4096)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(StepError) as caught:
            archive.fetch("a", "0" * 64, tmp_path, tmp_path / "target")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (caught.value.kind, caught.value.code) == ("capacity", "run/disk-full")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, "capacity"), (errno.EDQUOT, "quota"), (errno.EIO, "")]
)
def test_a_disk_that_is_full_and_a_quota_that_is_used_up_are_told_apart(
    number: int, kind: str
) -> None:
    found = archive._no_space(OSError(number, "no"))
    assert getattr(found, "kind", "") == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, "module"),
        (403, "module"),
        (429, "cloud"),
        (499, "module"),
        (500, "cloud"),
        (503, "cloud"),
    ],
)
def test_a_server_that_fails_is_not_the_modules_mistake(status: int, kind: str) -> None:
    error = archive.answered("https://example.org/m.tar.gz", status)
    assert (error.kind, error.code) == (kind, "run/source")
    assert str(status) in error.message


@pytest.mark.parametrize(
    ("most", "says"),
    [
        (archive.Most(size=10), "is too large"),
        (archive.Most(wall_s=-1), "does not arrive within -1 s"),
    ],
)
def test_only_so_much_of_an_archive_is_taken(tmp_path: Path, most: archive.Most, says: str) -> None:
    (tmp_path / "m").write_bytes(GOOD)
    digest = hashlib.sha256(GOOD).hexdigest()
    archive.fetch("m", digest, tmp_path, tmp_path / "whole")
    with pytest.raises(StepError) as error:
        archive.fetch("m", digest, tmp_path, tmp_path / "out", most)
    assert (error.value.code, error.value.kind) == ("run/archive", "module")
    assert says in error.value.message
    assert not (tmp_path / "out").exists()


@pytest.mark.starts("two servers")
def test_a_registry_that_wants_a_token_of_everybody_gets_one_and_nobody_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, seen = b"a model", list[tuple[str, str]]()
    answers = {
        "/token?service=s&scope=repository%3Alab%2Fm%3Apull": (200, b'{"token": "t0ken"}', {}),
        "/moved": (200, content, {}),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = self.headers.get("Authorization", "")
            seen.append((self.path.partition("?")[0], said))
            port = cast(HTTPServer, self.server).server_port
            base = f"https://127.0.0.1:{port}"
            challenge = f'Bearer realm="{base}/token",service="s",scope="repository:lab/m:pull"'
            status, body, headers = answers.get(
                self.path,
                (307, b"", {"Location": f"https://localhost:{port}/moved"})
                if said == "Bearer t0ken"
                else (401, b"", {"WWW-Authenticate": challenge}),
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("localhost", "server"))
    sha256 = hashlib.sha256(content).hexdigest()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        source = f"https://127.0.0.1:{server.server_port}/v2/lab/m/blobs/sha256:{sha256}"
        archive.fetch(source, sha256, tmp_path, tmp_path / "fetched")
        answers["/token?service=s&scope=repository%3Alab%2Fm%3Apull"] = (200, b'{"token": 1}', {})
        with pytest.raises(StepError, match="gives no token"):
            archive.fetch(source, sha256, tmp_path, tmp_path / "again")
        server.shutdown()
    assert (tmp_path / "fetched").read_bytes() == content
    blob = source[source.index("/v2") :]
    assert seen[:4] == [(blob, ""), ("/token", ""), (blob, "Bearer t0ken"), ("/moved", "")]


OID = "a" * 64
LFS = f"https://forge.example.org/lab/catalog.git/info/lfs/objects/{OID}?size=3"


class _Lfs:
    """What answers as a forge's LFS would, and keeps what it was asked."""

    def __init__(self, said: object) -> None:
        self.said = json.dumps(said).encode()
        self.asked: list[Request] = []

    def open(self, request: Request, timeout: float) -> io.BytesIO:
        assert timeout
        self.asked.append(request)
        return io.BytesIO(self.said)


def _leads(href: object, **header: object) -> dict[str, object]:
    return {"objects": [{"oid": OID, "actions": {"download": {"href": href, "header": header}}}]}


def test_where_an_object_of_lfs_lies_is_asked_first() -> None:
    forge = _Lfs(_leads("https://files.example.org/x", Authorization="Basic eA=="))
    archive._answer(cast(OpenerDirector, forge), LFS)
    asked, led = forge.asked
    assert asked.full_url == "https://forge.example.org/lab/catalog.git/info/lfs/objects/batch"
    assert json.loads(cast(bytes, asked.data))["objects"] == [{"oid": OID, "size": 3}]
    assert led.full_url == "https://files.example.org/x"
    assert (led.headers, led.unredirected_hdrs) == ({}, {"Authorization": "Basic eA=="})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (_leads("http://files.example.org/x"), "does not say where"),
        (_leads("file:///etc/passwd"), "does not say where"),
        (_leads(["https://x"]), "does not say where"),
        (_leads("https://x", **{"A\r\nB": "c"}), "does not say where"),
        (_leads("https://x", A="c\r\nHost: b"), "does not say where"),
        (_leads("https://x", A=5), "does not say where"),
        ({"objects": []}, "does not say where"),
        ({"objects": [{"oid": OID}]}, "does not say where"),
        ([], "does not say where"),
        ({"objects": [{"error": {"code": 404, "message": "no"}}]}, "answered with 404"),
        ({"objects": [{"error": {"code": "many"}}]}, "does not say where"),
    ],
)
def test_a_forge_that_leads_elsewhere_is_not_followed(said: object, why: str) -> None:
    forge = _Lfs(said)
    with pytest.raises((ValueError, StepError), match=why):
        archive._answer(cast(OpenerDirector, forge), LFS)
    assert len(forge.asked) == 1
