"""Images for nodes that reach no registry: Debian's static busybox, packed by hand."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.request import Request, urlopen

BUSYBOX = "docker.io/library/busybox:1"
PAUSE = "localhost/pause:1"
_OCI = "application/vnd.oci.image"
_PROGRAM = Path("/bin/busybox")
_NAMES = (
    "sh", "cat", "echo", "env", "httpd", "id", "ls", "mkdir", "nc", "rm", "sleep", "tee", "test",
    "touch", "true", "wget",
)  # fmt: skip


def write(path: Path) -> None:
    """Both images as one archive of Docker's form; they share their layer.

    Raises:
        FileNotFoundError: the package busybox-static is missing.
    """
    layer = _layer()
    digest = hashlib.sha256(layer).hexdigest()
    words = {BUSYBOX: ["sh"], PAUSE: ["/bin/busybox", "sleep", "2147483647"]}
    told = []
    with tarfile.open(path, "w") as archive:
        _add(archive, f"{digest}.tar", layer)
        for name, command in words.items():
            config = _config(digest, command)
            called = f"{hashlib.sha256(config).hexdigest()}.json"
            _add(archive, called, config)
            told.append({"Config": called, "RepoTags": [name], "Layers": [f"{digest}.tar"]})
        _add(archive, "manifest.json", json.dumps(told).encode())


def stand_in(path: Path, name: str, scripts: Mapping[str, str]) -> None:
    """An image of busybox and scripts, under somebody else's name, as an archive.

    Args:
        path: the new file.
        name: of the image, with its tag.
        scripts: path in it -> its text.
    """
    layer = _layer(scripts)
    digest = hashlib.sha256(layer).hexdigest()
    config = _config(digest, ["sh"])
    called = f"{hashlib.sha256(config).hexdigest()}.json"
    told = [{"Config": called, "RepoTags": [name], "Layers": [f"{digest}.tar"]}]
    with tarfile.open(path, "w") as archive:
        _add(archive, f"{digest}.tar", layer)
        _add(archive, called, config)
        _add(archive, "manifest.json", json.dumps(told).encode())


def push(there: str, tag: str, login: str) -> str:
    """Give busybox to a registry without TLS, under a tag and by the digest that is given back.

    Args:
        there: the repository, as ``http://HOST/v2/NAME``.
        tag: its own.
        login: ``USER:PASSWORD``.
    """
    layer = _layer()
    config = _config(hashlib.sha256(layer).hexdigest(), ["sh"])
    own = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    told = []
    for kind, content in (("config.v1+json", config), ("layer.v1.tar", layer)):
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        at = _sent(Request(f"{there}/blobs/uploads/", b"", own, method="POST"))
        raw = {**own, "Content-Type": "application/octet-stream"}
        _sent(Request(f"{at}&digest={digest}", content, raw, method="PUT"))
        told.append({"mediaType": f"{_OCI}.{kind}", "digest": digest, "size": len(content)})
    kind = f"{_OCI}.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": told[0], "layers": told[1:]}
    text = json.dumps(manifest).encode()
    named = {**own, "Content-Type": kind}
    _sent(Request(f"{there}/manifests/{tag}", text, named, method="PUT"))
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _sent(request: Request) -> str:
    """Where what was sent lies, or the next piece of it goes."""
    with urlopen(request, timeout=60) as answer:
        return str(answer.headers["Location"])


def _config(digest: str, command: list[str]) -> bytes:
    config: dict[str, Any] = {
        "architecture": "amd64", "os": "linux",
        "config": {"Cmd": command, "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }  # fmt: skip
    return json.dumps(config, sort_keys=True).encode()


def _layer(scripts: Mapping[str, str] = MappingProxyType({})) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777)):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, mode
            archive.addfile(member)
        _add(archive, "bin/busybox", _PROGRAM.read_bytes(), 0o755)
        for name in _NAMES:
            if f"bin/{name}" in scripts:
                continue
            member = tarfile.TarInfo(f"bin/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(member)
        _add(archive, "etc/passwd", b"root:x:0:0::/:/bin/sh\nada:x:1000:1000::/:/bin/sh\n")
        for name, text in scripts.items():
            _add(archive, name, text.encode(), 0o755)
    return made.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))
