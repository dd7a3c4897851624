"""The same tree as a root file system, for hosts and engines that start from one, and as an image.

In `/python`, `/site` and `/agent` lie the interpreter, the runtime and our own code, the first two
as the very archives that hosts are given; `tensorflow_model_server` serves by them as TensorFlow
Serving's own image does. There is no shell and no package manager.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from deepcat.runtime import packing
from deepcat.runtime.build import packed
from deepcat.runtime.programs import compressing, decompressed
from deepcat.runtime.values import Built

AGENT = "agent"
ENTRY = "usr/bin/tensorflow_model_server"
# Brings models before a server starts; see `deepcat.host.model_server.bringing`.
FETCH = "usr/bin/deepcat-fetch"
# The containers of a training's pod; see `deepcat.host.job.pods`.
TRAIN, KEEP = "usr/bin/deepcat-train", "usr/bin/deepcat-keep"
STAGE = "usr/bin/deepcat-stage"
# Keeps a notebook; see `deepcat.host.notebook.pods`.
NOTEBOOK = "usr/bin/deepcat-notebook"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_LIBRARIES = "/python/libs"
_START = f"""\
#!/python/bin/python -IS
import sys
sys.path[:0] = ["/site", "/{AGENT}"]
from {{}} import main
main({{}})
"""
# A server that shall end answers until that is known everywhere; there is no shell to wait.
_SLEEP = """\
#!/python/bin/python -IS
import sys, time
time.sleep(float(sys.argv[1]))
"""
_FILES = {
    FETCH: _START.format("deepcat.host.model_server.bringing", "").encode(),
    TRAIN: _START.format("deepcat.host.job.pods.run", "").encode(),
    KEEP: _START.format("deepcat.host.job.pods.keep", "").encode(),
    STAGE: _START.format("deepcat.host.job.pods.stage", "").encode(),
    NOTEBOOK: _START.format("deepcat.host.notebook.pods.keep", "").encode(),
    "usr/bin/sleep": _SLEEP.encode(),
    "etc/passwd": b"root:x:0:0:root:/:/nonexistent\nnobody:x:65534:65534:nobody:/:/nonexistent\n",
    "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
}
_FOLDERS = ("dev", "etc", "lib", "models", "proc", "sys", "tmp", "usr", "usr/bin")
# Where a loader looks without being told, on all families of Linux; the interpreter, for jobs.
_LINKS = {
    "lib64": _LIBRARIES,
    "lib/x86_64-linux-gnu": _LIBRARIES,
    "usr/lib64": _LIBRARIES,
    "usr/bin/python3": "/python/bin/python",
}
# Whom to trust, which else a machine says: Mozilla's list, as gRPC brings it.
_AUTHORITIES = "site/grpc/_cython/_credentials/roots.pem"
_LAYERS = {"zst": "tar+zstd", "gz": "tar+gzip"}
_CONFIG = "application/vnd.oci.image.config.v1+json"
REFERENCE = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Whole:
    """All that an image holds.

    Attributes:
        built: the runtime and the interpreter.
        agent: the archive of our own code.
        version: of deepcat.
        lite: whether LiteRT alone serves, for TensorFlow's libraries are not there.
    """

    built: Built
    agent: Path
    version: str
    lite: bool = False

    @property
    def variant(self) -> str:
        """What tells the image from the usual one, as a tag ends: ``-gpu``, ``-lite``."""
        return "-lite" if self.lite else "-gpu" if self.built.site.gpu else ""


def root_file_system(whole: Whole, how: str, target: Path) -> str:
    """Write a root file system as a compressed tar; gives the tar's sha256.

    Args:
        whole: what it holds.
        how: it is compressed.
        target: the new file.
    """
    archives = [each for each in (whole.built.python, whole.built.site) if each]
    with compressing(how, target) as stream:
        digesting = packing.Digesting(stream)
        with tarfile.open(fileobj=cast(IO[bytes], digesting), mode="w|") as tar:
            tar.format = tarfile.GNU_FORMAT
            _add_ours(tar, whole)
            for archive in archives:
                _add(tar, next(iter(archive.packed.values())).path, "", set())
    return digesting.sha256


def oci(whole: Whole, how: str, target: Path) -> str:
    """Write an image as an OCI archive, for `podman load`, `skopeo copy` and the like.

    Returns:
        The digest of its manifest, as ``sha256:…``.
    """
    ours = target.with_name(f".{target.name}.layer")
    try:
        digest = _layer(whole, how, ours)
        layers = [(ours, digest)]
        for archive in (whole.built.site, whole.built.python):
            if archive is not None:
                path = packed(archive, how).path
                layers.insert(0, (path, _plain(path)))
        return _written(whole, how, layers, target)
    finally:
        ours.unlink(missing_ok=True)


def described(whole: Whole) -> dict[str, str]:
    """What an image says of itself, by the keys of OCI; nothing of when and where it was built."""
    serves = "TensorFlow Lite's models" + ("" if whole.lite else " and SavedModels")
    words = f"Serves {serves} by TensorFlow Serving's interfaces"
    return {
        "org.opencontainers.image.title": f"deepcat{whole.variant}",
        "org.opencontainers.image.description": words,
        "org.opencontainers.image.version": whole.version,
    }


def _written(whole: Whole, how: str, layers: list[tuple[Path, str]], target: Path) -> str:
    found: list[dict[str, Any]] = [
        {
            "mediaType": f"application/vnd.oci.image.layer.v1.{_LAYERS[how]}",
            "digest": f"sha256:{packing.checksum(path)}",
            "size": path.stat().st_size,
        }
        for path, _ in layers
    ]
    config = _json(_config(whole, [plain for _, plain in layers]))
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": named(_CONFIG, config),
            "layers": found,
            "annotations": described(whole),
        }
    )
    head = {
        **named(MANIFEST, manifest),
        "annotations": {REFERENCE: f"deepcat:{whole.version}{whole.variant}"},
    }
    index = _json({"schemaVersion": 2, "manifests": [head]})
    blobs = {_blob(f"sha256:{_sha256(each)}"): each for each in (config, manifest)}
    small = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": index, **blobs}
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in sorted(small.items()):
            tar.addfile(packing.member(name, 0o644, len(content)), io.BytesIO(content))
        for (path, _), layer in zip(layers, found, strict=True):
            with path.open("rb") as stream:
                tar.addfile(packing.member(_blob(layer["digest"]), 0o644, layer["size"]), stream)
    return str(head["digest"])


def _layer(whole: Whole, how: str, target: Path) -> str:
    """Write what is our own; gives the tar's sha256."""
    with compressing(how, target) as stream:
        digesting = packing.Digesting(stream)
        with tarfile.open(fileobj=cast(IO[bytes], digesting), mode="w|") as tar:
            tar.format = tarfile.GNU_FORMAT
            _add_ours(tar, whole)
    return digesting.sha256


def _plain(path: Path) -> str:
    """The sha256 of what a compressed file holds."""
    with decompressed(path) as stream:
        digest = hashlib.sha256()
        for piece in iter(lambda: stream.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _add_ours(tar: tarfile.TarFile, whole: Whole) -> None:
    for folder in _FOLDERS:
        mode = 0o1777 if folder == "tmp" else 0o755
        tar.addfile(packing.member(folder, mode, kind=tarfile.DIRTYPE))
    start = _START.format("deepcat.serving.flags", '"lite"' if whole.lite else "").encode()
    for name, content in sorted({ENTRY: start, **_FILES}.items()):
        mode = 0o755 if content.startswith(b"#!") else 0o644
        tar.addfile(packing.member(name, mode, len(content)), io.BytesIO(content))
    for name, to in sorted(_LINKS.items()):
        link = packing.member(name, 0o777, kind=tarfile.SYMTYPE)
        link.linkname = to
        tar.addfile(link)
    _add(tar, whole.agent, f"{AGENT}/", set(_FOLDERS))


def _add(tar: tarfile.TarFile, path: Path, below: str, known: set[str]) -> None:
    """All that an archive holds, in its order, with what goes before its names."""
    with decompressed(path) as plain, tarfile.open(fileobj=plain, mode="r|") as given:
        for each in given:
            for folder in _parents(f"{below}{each.name}", known):
                tar.addfile(packing.member(folder, 0o755, kind=tarfile.DIRTYPE))
            if each.isfile():
                mode = 0o755 if each.mode & 0o100 else 0o644
                new = packing.member(f"{below}{each.name}", mode, each.size)
                tar.addfile(new, given.extractfile(each))


def _parents(name: str, known: set[str]) -> Iterable[str]:
    """The folders of a name that were not there yet, the outermost first."""
    parts = name.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        folder = "/".join(parts[:count])
        if folder not in known:
            known.add(folder)
            yield folder


def _config(whole: Whole, plain: Iterable[str]) -> dict[str, Any]:
    machine = whole.built.site.machine
    return {
        "architecture": ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {
            "User": "65534:65534",
            "Env": [
                "PATH=/usr/bin", "PYTHONPATH=/site", "MODEL_NAME=model", "MODEL_BASE_PATH=/models",
                f"SSL_CERT_FILE=/{_AUTHORITIES}",
            ],
            "Entrypoint": [f"/{ENTRY}"],
            "ExposedPorts": {"8500/tcp": {}, "8501/tcp": {}},
            "Labels": described(whole),
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in plain]},
    }  # fmt: skip


def named(kind: str, content: bytes) -> dict[str, Any]:
    """The descriptor by which OCI names a content."""
    return {"mediaType": kind, "digest": f"sha256:{_sha256(content)}", "size": len(content)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True).encode()
