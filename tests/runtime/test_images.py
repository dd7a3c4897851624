"""Images, their lists of parts, places and logins: what is decided, without a registry."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tarfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest

from deepcat import extras
from deepcat.cli.runtime.whole import list_beside, sbom_beside
from deepcat.errors import DeepcatError, UsageError
from deepcat.runtime.answers import Answer, refusal
from deepcat.runtime.image import REFERENCE, Whole, oci
from deepcat.runtime.logins import Login, login_of
from deepcat.runtime.packing import checksum, pack
from deepcat.runtime.parts import digest, licence_of, parts
from deepcat.runtime.push import image_of
from deepcat.runtime.reference import parse
from deepcat.runtime.sbom import sbom
from deepcat.runtime.values import Archive, Built, Packed

METADATA = b"Name: demo-tool\nVersion: 1.2\nLicense-Expression: MIT\n\n"
SITE = {
    "site/demo_tool/__init__.py": b"1\n",
    "site/demo_tool-1.2.dist-info/METADATA": METADATA,
}
PYTHON = {"python/bin/python": b"\x7fELF", "python/libs/libz.so.1": b"\x7fELF z"}


def packed(part: str, files: dict[str, bytes], folder: Path) -> Archive:
    path = folder / f"{part}.tar.gz"
    sha256, size = pack(files, "gz", path)
    kept = Packed(path, path.stat().st_size, checksum(path))
    return Archive(part, sha256[:16], "3.11", "x86_64", False, len(files), size, {"gz": kept})


def whole(folder: Path, site: dict[str, bytes] = SITE, *, lite: bool = False) -> Whole:
    folder.mkdir(exist_ok=True)
    agent = packed("agent", {"deepcat/__init__.py": b""}, folder).packed["gz"].path
    return Whole(
        Built(packed("site", site, folder), packed("python", PYTHON, folder)), agent, "1.0", lite
    )


def test_two_builds_are_the_same_bit_for_bit(tmp_path: Path) -> None:
    made = [whole(tmp_path / each) for each in "ab"]
    one, other = (tmp_path / f"{each}.tar" for each in "ab")
    digests = [oci(made[0], "gz", one), oci(made[1], "gz", other)]
    os.utime(other, (0, 0))
    assert digests[0] == digests[1]
    assert one.read_bytes() == other.read_bytes()
    lists = [sbom(each, digests[0], parts(each, "3.11.2")) for each in made]
    assert lists[0] == lists[1]
    assert oci(whole(tmp_path / "c", lite=True), "gz", tmp_path / "c.tar") != digests[0]


def test_an_image_says_what_it_is_and_is_nobodys(tmp_path: Path) -> None:
    oci(whole(tmp_path, lite=True), "gz", tmp_path / "image.tar")
    image = image_of(tmp_path / "image.tar")
    assert image.tag == "1.0-lite"
    manifest = json.loads(image.manifest)
    title = "org.opencontainers.image.title"
    assert manifest["annotations"][title] == "deepcat-lite"
    assert "created" not in "".join(manifest["annotations"])
    with image.blobs[0].opened() as stream:
        config = json.loads(stream.read(image.blobs[0].size))
    assert config["config"]["User"] == "65534:65534"
    assert config["config"]["Labels"] == manifest["annotations"]
    assert "created" not in config


def test_a_list_names_each_part_with_version_licence_and_hash(tmp_path: Path) -> None:
    made = whole(tmp_path)
    told = json.loads(sbom(made, f"sha256:{'0' * 64}", parts(made, "3.11.2")))
    found = {each["name"]: each for each in told["components"]}
    assert set(found) == {"deepcat", "cpython", "libz.so.1", "demo-tool"}
    tool = found["demo-tool"]
    assert (tool["version"], tool["purl"]) == ("1.2", "pkg:pypi/demo-tool@1.2")
    assert tool["licenses"] == [{"license": {"id": "MIT"}}]
    lines = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(SITE.items())
    )
    assert tool["hashes"] == [
        {"alg": "SHA-256", "content": hashlib.sha256(lines.encode()).hexdigest()}
    ]
    assert found["cpython"]["version"] == "3.11.2"
    library = hashlib.sha256(PYTHON["python/libs/libz.so.1"]).hexdigest()
    assert found["libz.so.1"]["hashes"][0]["content"] == library


def test_a_list_is_valid_by_the_standards_own_schema(tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    made = whole(tmp_path)
    told = sbom(made, f"sha256:{'0' * 64}", parts(made, "3.11.2")).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(told) is None


def test_a_list_is_of_the_image_that_it_lies_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, image, list_ = whole(tmp_path), tmp_path / "image.tar", tmp_path / "image.cdx.json"
    digest, other = oci(made, "gz", image), f"sha256:{'0' * 64}"
    assert list_beside(image, digest) == b""
    list_.write_bytes(sbom(made, digest, parts(made, "3.11.2")))
    assert list_beside(image, digest) == list_.read_bytes()
    for wrong, content in ((other, list_.read_bytes()), (digest, b"[]"), (digest, b"{")):
        list_.write_bytes(content)
        with pytest.raises(DeepcatError, match="another image"):
            list_beside(image, wrong)
    monkeypatch.setattr(extras, "is_there", lambda _: False)
    assert sbom_beside(made, digest, image, "") is None
    assert not list_.exists()


def test_a_file_of_no_package_is_said(tmp_path: Path) -> None:
    made = whole(tmp_path, {**SITE, "site/stray.py": b""})
    with pytest.raises(DeepcatError, match="stray"):
        parts(made, "3.11.2")


def test_the_order_of_names_makes_the_hash() -> None:
    assert digest({"b": "1", "a": "2"}) == digest({"a": "2", "b": "1"})
    assert digest({"a": "1"}) != digest({"a": "2"})


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        ("License-Expression: MIT AND Zlib", "MIT AND Zlib"),
        ("License: MIT", "MIT"),
        ("License: Apache 2.0", "Apache-2.0"),
        ("License: 3-Clause BSD License", "BSD-3-Clause"),
        ("License: see the file", ""),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT"),
        ("Classifier: License :: OSI Approved :: MIT License\n"
         "Classifier: License :: OSI Approved :: Apache Software License", "Apache-2.0 OR MIT"),
        ("Summary: a tool", ""),
    ],
)  # fmt: skip
def test_a_licence_is_told_as_spdx_has_it(lines: str, licence: str) -> None:
    assert licence_of(HeaderParser().parsestr(f"Name: tool\n{lines}\n\n")) == licence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("registry.example.org/lab/tool", ("registry.example.org", "lab/tool", "", "https")),
        ("localhost/tool:1.0-a_b", ("localhost", "tool", "1.0-a_b", "http")),
        ("127.0.0.1:5000/a/b/c:x", ("127.0.0.1:5000", "a/b/c", "x", "http")),
        ("[::1]:5000/tool", ("[::1]:5000", "tool", "", "http")),
        ("127.example.org/tool", ("127.example.org", "tool", "", "https")),
    ],
)
def test_a_place_is_read(text: str, told: tuple[str, ...]) -> None:
    found = parse(text)
    assert (found.host, found.name, found.tag, found.scheme) == told
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "tool", "lab/tool", "registry.example.org", "registry.example.org/", "a.b/Tool",
        "https://a.b/tool", "a.b/tool@sha256:00", "user:secret@a.b/tool", "a.b/../x", "a.b/x:",
        "a.b/x y", "a.b/x\n", f"a.b/{'x' * 255}", "-a.b/x", "a.b/x?y", "a.b:99999/x", "a.b:0/x",
        "a..b/x", "docker.io/lab/x", f"{'a' * 64}.b/x", "[1:2]/x", "[::::]:5000/x",
    ],
)  # fmt: skip
def test_what_is_no_place_is_misuse(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)
    assert parse("a.b/tool", is_plain=True).scheme == "http"


def entry(login: str) -> dict[str, str]:
    return {"auth": base64.b64encode(login.encode()).decode()}


AUTHS = {
    "a.b": entry("host:open-1"),
    "a.b/lab": entry("group:open-2"),
    "https://old.b": entry("old:open-3"),
    "token.b": {"identitytoken": "x"},
    "bad.b": {"auth": "!"},
    "short.b": entry("nobody"),
    "https://index.docker.io/v1/": entry("hub:open-4"),
}


@pytest.mark.parametrize(
    ("host", "name", "told"),
    [
        ("a.b", "tool", "host"),
        ("a.b", "lab/tool", "group"),
        ("a.b", "laboratory/tool", "host"),
        ("old.b", "tool", "old"),
        ("c.b", "tool", None),
        ("registry-1.docker.io", "lab/tool", "hub"),
        ("token.b", "tool", "registry/login"),
        ("bad.b", "tool", "registry/login"),
        ("short.b", "tool", "registry/login"),
    ],
)
def test_the_nearest_login_of_the_tools_file_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, name: str, told: str | None
) -> None:
    (tmp_path / "auth.json").write_text(json.dumps({"auths": AUTHS}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    if told == "registry/login":
        with pytest.raises(DeepcatError) as raised:
            login_of(host, name)
        assert raised.value.code == told
        return
    found = login_of(host, name)
    assert (found.user if found else None) == told
    assert found is None or found.secret not in repr(found)


@pytest.mark.starts("docker-credential-lab")
@pytest.mark.parametrize("said", ["[]", "{}", "no JSON"])
def test_a_program_that_tells_no_login_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    program = tmp_path / "docker-credential-lab"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "auth.json").write_text('{"credsStore": "lab"}')
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    with pytest.raises(DeepcatError) as raised:
        login_of("a.b", "tool")
    assert raised.value.code == "registry/login"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"auths": []}', '{"auths": {"a.b": 1}}'])
def test_a_file_that_tells_no_login_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "auth.json").write_text(text)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    try:
        assert login_of("a.b", "tool") is None
    except DeepcatError as error:
        assert error.code == "registry/login"


def said(code: str, message: str = "", detail: Any = None) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message, "detail": detail}]}).encode()


@pytest.mark.parametrize(
    ("status", "content", "login", "code"),
    [
        (401, said("UNAUTHORIZED"), False, "registry/login"),
        (401, said("UNAUTHORIZED"), True, "registry/login"),
        (403, said("DENIED", "no push"), True, "registry/forbidden"),
        (403, said("DENIED", "the project's quota is used up"), True, "registry/full"),
        (404, said("NAME_UNKNOWN"), False, "registry/name"),
        (405, said("UNSUPPORTED"), False, "registry/read-only"),
        (413, b"", False, "registry/full"),
        (507, b"", False, "registry/full"),
        (500, said("UNKNOWN", "", {"Err": "no space left on device"}), False, "registry/full"),
        (500, b"<html>", False, "registry/failed"),
        (418, b'{"errors": 1}', False, "registry/failed"),
        (400, b'{"errors": [1]}', False, "registry/failed"),
    ],
)
def test_an_answer_is_an_error_with_the_registrys_words(
    status: int, content: bytes, login: bool, code: str
) -> None:
    who = Login("ada", "secret", "`auth.json`") if login else None
    error = refusal(parse("a.b/tool:1"), "sending", Answer(status, {}, content), who)
    assert (error.code, error.exit_code) == (code, 1)
    assert error.hint
    assert "secret" not in error.message
    assert ("auth.json" in error.message) is (login and status == 401)


def test_words_of_a_registry_do_nothing_to_a_terminal() -> None:
    answer = Answer(403, {}, said("DENIED", "\x1b[2J" + "x" * 10_000))
    error = refusal(parse("a.b/tool:1"), "sending", answer, None)
    assert error.message.isprintable()
    assert len(error.message) < 500


@pytest.mark.parametrize("spoil", ["none", "unnamed", "tag", "tar", "blob", "index", "two"])
def test_a_broken_archive_is_said(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "image.tar"
    oci(whole(tmp_path), "gz", path)
    with tarfile.open(path) as tar:
        members = {each.name: each for each in tar}
    content = bytearray(path.read_bytes())
    if spoil == "tar":
        content = bytearray(b"no tar")
    elif spoil == "blob":
        last = next(reversed(members.values()))
        content[last.offset_data] ^= 1
    elif spoil == "index":
        at = members["index.json"].offset_data
        content[at : at + 2] = b"[]"
    elif spoil in ("unnamed", "tag"):
        at, size = members["index.json"].offset_data, members["index.json"].size
        index = json.loads(content[at : at + size])
        named = {REFERENCE: "deepcat:é"} if spoil == "tag" else None
        index["manifests"][0]["annotations"] = named
        content[at : at + size] = json.dumps(index).encode().ljust(size)
    elif spoil == "two":
        at, size = members["index.json"].offset_data, members["index.json"].size
        content[at : at + size] = b'{"manifests": []}'.ljust(size)
    path.write_bytes(content)
    if spoil in ("none", "unnamed"):
        assert image_of(path).digest
        return
    with pytest.raises(DeepcatError) as raised:
        image_of(path)
    assert raised.value.code == "registry/archive"
