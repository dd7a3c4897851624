"""A small image of the form of ours, to a real registry: sent once, found again, refused."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner
from containers import registry
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cutting import front

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.runtime import registry as speaking
from deepcat.runtime.image import Whole, oci
from deepcat.runtime.packing import checksum, pack
from deepcat.runtime.parts import parts
from deepcat.runtime.push import image_of, pushed
from deepcat.runtime.reference import parse
from deepcat.runtime.registry import Registry
from deepcat.runtime.sbom import sbom
from deepcat.runtime.values import Archive, Built, Packed

pytestmark = [pytest.mark.starts("docker-registry"), pytest.mark.system("docker-registry")]

METADATA = b"Name: demo-tool\nVersion: 1.2\nLicense-Expression: MIT\n\n"
SITE = {
    "site/demo_tool/__init__.py": b"1\n",
    "site/demo_tool-1.2.dist-info/METADATA": METADATA,
    "site/demo_tool/large.bin": os.urandom(3_000_000),
}
PYTHON = {"python/bin/python": b"\x7fELF", "python/libs/libz.so.1": b"\x7fELF z"}
# `ada:open sesame`, as `htpasswd -nbB` writes it.
HTPASSWD = "ada:$2y$05$uBb0PbNnVmmY7lgCIWGv0.uZC/WRjBqaytbSVY7o.Qn5n/SHtWyCe\n"


def packed(part: str, files: dict[str, bytes], folder: Path) -> Archive:
    path = folder / f"{part}.tar.gz"
    digest, size = pack(files, "gz", path)
    kept = Packed(path, path.stat().st_size, checksum(path))
    return Archive(part, digest[:16], "3.11", "x86_64", False, len(files), size, {"gz": kept})


@pytest.fixture
def whole(tmp_path: Path) -> Whole:
    agent = packed("agent", {"deepcat/__init__.py": b""}, tmp_path).packed["gz"].path
    built = Built(packed("site", SITE, tmp_path), packed("python", PYTHON, tmp_path))
    return Whole(built, agent, "1.0")


@pytest.fixture
def archive(whole: Whole, tmp_path: Path) -> Path:
    """An image, its list of parts beside it."""
    path = tmp_path / "image.tar"
    digest = oci(whole, "gz", path)
    (tmp_path / "image.cdx.json").write_bytes(sbom(whole, digest, parts(whole, "3.11.2")))
    return path


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No login of whoever runs the tests."""
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    monkeypatch.setattr(speaking, "_PAUSES_S", (0.0, 0.0))


def push(address: str, archive: Path, *more: str, status: int = 0) -> dict[str, Any]:
    words = ["runtime", "push", f"{address}/lab/deepcat", "--archive", str(archive), "--json"]
    done = CliRunner().invoke(cli, [*words, *more])
    assert isinstance(done.exception, DeepcatError) or not done.exception, done.exception
    if isinstance(done.exception, DeepcatError):
        assert status == done.exception.exit_code, done.exception
        return {"code": done.exception.code, "message": done.exception.message}
    assert done.exit_code == status, done.output
    return dict(json.loads(done.stdout))


def states(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["what"], each["state"]) for each in told["parts"]]


def asked(address: str, path: str) -> bytes:
    kinds = ("image.manifest", "image.index")
    accepted = ", ".join(f"application/vnd.oci.{each}.v1+json" for each in kinds)
    request = urllib.request.Request(f"http://{address}/v2/lab/deepcat/{path}")
    request.add_header("Accept", accepted)
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


ALL = ["config", "layer", "layer", "layer", "image", "config", "sbom", "sbom-manifest"]


def test_what_is_there_is_not_sent_again(archive: Path, tmp_path: Path) -> None:
    image = image_of(archive)
    with registry(tmp_path) as address:
        due = push(address, archive, "--dry-run")
        assert states(due) == [(each, "due") for each in ALL]
        assert json.loads(asked(address, "../../_catalog")) == {"repositories": []}

        sent = push(address, archive)
        assert states(sent) == [(each, "sent") for each in ALL]
        assert sent["digest"] == image.digest
        assert sent["reference"].endswith("/lab/deepcat:1.0")
        assert asked(address, "manifests/1.0") == image.manifest

        # The list of parts is found from the image, as OCI has it for registries of before 1.1.
        (found,) = json.loads(asked(address, f"manifests/{image.digest.replace(':', '-')}"))[
            "manifests"
        ]
        assert found["digest"] == sent["sbom"]
        referrer = json.loads(asked(address, f"manifests/{sent['sbom']}"))
        assert referrer["subject"]["digest"] == image.digest
        listed = asked(address, f"blobs/{referrer['layers'][0]['digest']}")
        assert listed == (tmp_path / "image.cdx.json").read_bytes()

        again = push(address, archive)
        assert (states(again), again["sent"]) == ([(each, "there") for each in ALL], 0)


def test_a_push_that_was_cut_off_goes_on(archive: Path, tmp_path: Path) -> None:
    with registry(tmp_path) as address:
        where = parse(f"{address}/lab/deepcat:1")
        going = pushed(Registry(where, None), where, image_of(archive))
        assert [next(going).state for _ in range(3)] == ["sent"] * 3
        going.close()
        assert [state for _, state in states(push(address, archive))][:4] == ["there"] * 3 + [
            "sent"
        ]


@pytest.mark.parametrize(("cuts", "code"), [(2, ""), (3, "registry/unreachable")])
def test_a_way_that_breaks_is_taken_again(
    archive: Path, tmp_path: Path, cuts: int, code: str
) -> None:
    with registry(tmp_path) as address, front(address, cuts) as broken:
        told = push(broken, archive, status=1 if code else 0)
        assert told.get("code", "") == code
        if not code:
            assert asked(address, "manifests/1.0") == image_of(archive).manifest


def auth(address: str, login: str) -> str:
    return json.dumps({"auths": {address: {"auth": base64.b64encode(login.encode()).decode()}}})


def test_who_pushes_is_told_by_the_tools_file_or_a_reference(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    settings = f"auth: {{htpasswd: {{realm: lab, path: {tmp_path}/htpasswd}}}}"
    with registry(tmp_path, more=settings) as address:
        told = push(address, archive, status=1)
        assert told["code"] == "registry/login"
        assert "asks who pushes" in told["message"]

        kept = tmp_path / "auth.json"
        kept.write_text(auth(address, "ada:wrong"))
        told = push(address, archive, status=1)
        assert told["code"] == "registry/login"
        assert str(kept) in told["message"]
        assert "wrong" not in told["message"]

        kept.write_text(auth(address, "ada:open sesame"))
        assert push(address, archive)["sent"] > 0
        kept.unlink()
        monkeypatch.setenv("LAB", "ada:open sesame")
        assert push(address, archive, "--login", "env:LAB")["sent"] == 0
        told = push(address, archive, "--login", "ada:open", status=1)
        assert told["code"] == "secret/reference"


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server on the loopback that gives one kind of answer; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_PUT = do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def given(handler: BaseHTTPRequestHandler, status: int, told: object, **headers: str) -> None:
    content = json.dumps(told).encode()
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(content))}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(content)


def signer(folder: Path) -> Callable[[list[str]], str]:
    """Writes a certificate that a registry trusts, and signs tokens by it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "lab.pem").write_bytes(made.public_bytes(Encoding.PEM))
    chain = [base64.b64encode(made.public_bytes(Encoding.DER)).decode()]

    def signed(actions: list[str]) -> str:
        access = [{"type": "repository", "name": "lab/deepcat", "actions": actions}]
        claims = {"iss": "lab", "sub": "ada", "aud": "images", "access": access, "jti": "1"}
        times = {"nbf": now - timedelta(hours=1), "exp": now + timedelta(hours=1)}
        return jwt.encode({**claims, **times}, key, "ES256", headers={"x5c": chain})

    return signed


@pytest.mark.parametrize(
    ("login", "actions", "code"),
    [
        ("ada:open sesame", ["pull", "push"], ""),
        ("ada:open sesame", ["pull"], "registry/login"),
        ("ada:wrong", ["pull", "push"], "registry/login"),
        ("", ["pull", "push"], "registry/login"),
    ],
)
def test_a_registry_that_asks_for_tokens_is_given_one(
    archive: Path, tmp_path: Path, login: str, actions: list[str], code: str
) -> None:
    signed, right = signer(tmp_path), base64.b64encode(b"ada:open sesame").decode()

    def token(handler: BaseHTTPRequestHandler) -> None:
        assert "scope=repository%3Alab%2Fdeepcat%3Apull%2Cpush" in handler.path
        assert "service=images" in handler.path
        if handler.headers["Authorization"] != f"Basic {right}":
            given(handler, 401, {"errors": [{"code": "UNAUTHORIZED", "message": "who?"}]})
        else:
            given(handler, 200, {"token": signed(actions)})

    with answering(token) as asked_there:
        settings = (
            f"auth: {{token: {{realm: 'http://{asked_there}/token', service: images, issuer: lab,"
            f" rootcertbundle: {tmp_path}/lab.pem}}}}"
        )
        with registry(tmp_path, more=settings) as address:
            if login:
                (tmp_path / "auth.json").write_text(auth(address, login))
            told = push(address, archive, status=1 if code else 0)
            assert told.get("code", "") == code, told
            assert "sesame" not in json.dumps(told)


HOSTILE = {
    "another realm": ({"WWW_Authenticate": 'Bearer realm="http://evil.example/token"'}, 401),
    "a file as realm": ({"WWW_Authenticate": 'Bearer realm="file:///etc/passwd"'}, 401),
    "no scheme": ({"WWW_Authenticate": "Digest x"}, 401),
    "nothing": ({}, 401),
    "another place": ({"Location": "http://evil.example/x"}, 307),
    "a place of files": ({"Location": "file:///etc/passwd"}, 202),
    "a realm at no port": ({"WWW_Authenticate": 'Bearer realm="https://a.b:99999/token"'}, 401),
    "a realm that is none": ({"WWW_Authenticate": 'Bearer realm="https://[x/token"'}, 401),
    "a realm of no host": ({"WWW_Authenticate": 'Bearer realm="https://a..b/token"'}, 401),
    "a place at no port": ({"Location": "https://a.b:99999/x"}, 202),
    "a place with accents": ({"Location": "/v2/\xe9"}, 202),
    "a place of two words": ({"Location": "/v2/a b"}, 202),
    "no time to wait": ({"Retry_After": "\xb2"}, 503),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_registry_gets_no_login_and_leads_nowhere(
    archive: Path, tmp_path: Path, what: str
) -> None:
    headers, status = HOSTILE[what]
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        given(
            handler, 404 if handler.command == "HEAD" and status == 202 else status, {}, **headers
        )

    with answering(answer) as address:
        (tmp_path / "auth.json").write_text(auth(address, "ada:open sesame"))
        told = push(address, archive, status=1)
    assert told["code"] in {"registry/login", "registry/failed"}, told
    assert set(seen) == {None}


@pytest.mark.parametrize("token", ["a\nb", "\u20ac", "", 7, None])
def test_what_no_header_can_carry_is_no_token(archive: Path, tmp_path: Path, token: object) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/token"):
            given(handler, 200, {"token": token})
        else:
            given(handler, 401, {}, WWW_Authenticate='Bearer realm="/token"')

    with answering(answer) as address:
        told = push(address, archive, status=1)
    assert told["code"] == ("registry/login" if token == 7 else "registry/failed")


@pytest.mark.parametrize("listed", [None, 5, {}, "x", []])
def test_what_is_no_list_of_referrers_is_replaced(archive: Path, listed: object) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        known = 404 if "/referrers/" in handler.path else 200
        given(handler, 201 if handler.command == "PUT" else known, {"manifests": listed})

    with answering(answer) as address:
        assert push(address, archive)["sbom"]


def test_a_login_is_not_sent_to_another_machine_without_tls(archive: Path, tmp_path: Path) -> None:
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        given(handler, 401, {}, WWW_Authenticate='Basic realm="lab"')

    with answering(answer) as address:
        other = address.replace("127.0.0.1", "0.0.0.0")  # reaches us, and does not say so
        (tmp_path / "auth.json").write_text(auth(other, "ada:open sesame"))
        told = push(other, archive, "--plain-http", status=1)
    assert (told["code"], set(seen)) == ("registry/login", {None})
    assert "without TLS" in told["message"]


def test_a_registry_that_takes_nothing_is_said(archive: Path, tmp_path: Path) -> None:
    with registry(tmp_path, storage=", maintenance: {readonly: {enabled: true}}") as address:
        assert push(address, archive, status=1)["code"] == "registry/read-only"


def test_a_full_disk_of_a_registry_is_said(archive: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount here")
    try:
        with registry(disk) as address:
            told = push(address, archive, status=1)
            assert told["code"] == "registry/full", told
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
