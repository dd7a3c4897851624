"""What a runtime is made of, package by package: version, licence, and a hash of what is there.

The files of a package are known by where Python imports them from; a file that is no package's is
an error, for a list of parts that leaves out something is none.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.runtime.image import AGENT, Whole
from deepcat.runtime.programs import decompressed
from deepcat.runtime.values import Archive

# What is imported -> the package that brings it, where they are called differently.
_BROUGHT_BY = {
    "grpc": "grpcio",
    "grpc_health": "grpcio_health_checking",
    "grpc_reflection": "grpcio_reflection",
    "google": "protobuf",
    "simdjson": "pysimdjson",
    "csimdjson": "pysimdjson",
    "jwt": "pyjwt",
    "_cffi_backend": "cffi",
    "tensorflow_serving": "tensorflow_serving_api",
}
_LICENCES = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
}
# Whose metadata name none; their repositories do.
_TOLD_ELSEWHERE = {"pysimdjson": "MIT"}
_CLASSIFIER = "License :: OSI Approved :: "
_SPDX = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """One package, or one library of the system's.

    Attributes:
        name: of it, as its index or the file has it.
        version: empty for a library, which tells none.
        licence: an expression of SPDX; empty where nothing tells it.
        sha256: of a library's file; of a package see `digest`.
        files: how many it has.
        is_package: of Python's index.
    """

    name: str
    version: str
    licence: str
    sha256: str
    files: int
    is_package: bool = False


def digest(files: Mapping[str, str]) -> str:
    """The sha256 of what ``sha256sum`` prints of files, by name, in the order of their names.

    Args:
        files: name, without a slash before it -> sha256.
    """
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def parts(whole: Whole, release: str) -> tuple[Part, ...]:
    """All that an image is made of: deepcat, Python and its libraries, then packages by name.

    Args:
        whole: the image.
        release: of its Python, as ``3.11.7``.

    Raises:
        DeepcatError: a file is no package's (``runtime/build``).
    """
    hashed, _ = _read(whole.agent, f"{AGENT}/")
    found = [Part("deepcat", whole.version, "Apache-2.0", digest(hashed), len(hashed))]
    if whole.built.python is not None:
        found += _interpreter(whole.built.python, release)
    return (*found, *_packages(whole.built.site))


def _interpreter(archive: Archive, release: str) -> Iterator[Part]:
    hashed, _ = _read(_file(archive))
    libraries = {name: each for name, each in hashed.items() if name.startswith("python/libs/")}
    own = {name: each for name, each in hashed.items() if name not in libraries}
    yield Part("cpython", release, "PSF-2.0", digest(own), len(own))
    for name, sha256 in sorted(libraries.items()):
        yield Part(name.rpartition("/")[2], "", "", sha256, 1)


def _packages(archive: Archive) -> Iterator[Part]:
    hashed, told = _read(_file(archive))
    owned: dict[str, dict[str, str]] = defaultdict(dict)
    for name, sha256 in hashed.items():
        owned[_owner(name, told)][name] = sha256
    for name, message in sorted(told.items()):
        files = owned[name]
        yield Part(
            str(message["Name"]), str(message["Version"]), licence_of(message),
            digest(files), len(files), is_package=True,
        )  # fmt: skip


def _owner(path: str, told: Mapping[str, Message]) -> str:
    """The package, by its normal name, that a file below ``site/`` is of."""
    _, top, *rest = path.split("/")
    if top == "__pycache__":
        top = rest[0]
    if ".dist-info" in top:
        return _normal(top.partition("-")[0])
    name = top.partition(".")[0]
    inner = f"{name}_{rest[0]}" if rest else name
    for wanted in (_BROUGHT_BY.get(name, name), inner, name):
        for package in sorted(told):
            if package == wanted or re.fullmatch(rf"{wanted}_(cpu|cu\d+)", package):
                return package
    raise DeepcatError(
        f"`{path}` is of no package that the runtime's lock names",
        hint="name the package that brings it in `deepcat.runtime.parts`",
        code="runtime/build",
    )


def licence_of(message: Message) -> str:
    """The licence that a package's metadata tell, as an expression of SPDX; empty for none."""
    told = message["License-Expression"]
    if told:
        return str(told)
    stated = str(message["License"] or "").strip()
    classified = [
        _LICENCES.get(each.removeprefix(_CLASSIFIER), "")
        for each in message.get_all("Classifier", ())
        if each.startswith("License :: ")
    ]
    if any(classified):
        return " OR ".join(sorted(filter(None, classified)))
    if stated:
        return _LICENCES.get(stated, stated if _SPDX.match(stated) else "")
    return _TOLD_ELSEWHERE.get(_normal(str(message["Name"])), "")


def _read(path: Path, below: str = "") -> tuple[dict[str, str], dict[str, Message]]:
    """The files of an archive -> their sha256; its packages -> their metadata."""
    hashed, told = {}, {}
    with decompressed(path) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        for each in tar:
            stream = tar.extractfile(each) if each.isfile() else None
            if stream is None:
                continue
            content = stream.read()
            hashed[f"{below}{each.name}"] = hashlib.sha256(content).hexdigest()
            if each.name.endswith(".dist-info/METADATA"):
                message = BytesHeaderParser().parsebytes(content)
                told[_normal(str(message["Name"]))] = message
    return hashed, told


def _file(archive: Archive) -> Path:
    return next(iter(archive.packed.values())).path


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()
