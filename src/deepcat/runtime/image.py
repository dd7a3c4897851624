"""The same tree as a root file system, for hosts and engines that start from one, and as an image.

Below `/opt/deepcat` lie the interpreter, the runtime and our own code; `tensorflow_model_server`
serves by them as TensorFlow Serving's own image does. There is no shell and no package manager.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from deepcat.runtime import packing
from deepcat.runtime.programs import compressing, decompressed
from deepcat.runtime.values import Built

ROOT = "opt/deepcat"
ENTRY = "usr/bin/tensorflow_model_server"
# Brings models before a server starts; see `deepcat.host.model_server.bringing`.
FETCH = "usr/bin/deepcat-fetch"
_LIBRARIES = f"/{ROOT}/python/libs"
_START = f"""\
#!/{ROOT}/python/bin/python -IS
import sys
sys.path[:0] = ["/{ROOT}/site", "/{ROOT}/agent"]
from {{}} import main
main()
"""
# A server that shall end answers until that is known everywhere; there is no shell to wait.
_SLEEP = f"""\
#!/{ROOT}/python/bin/python -IS
import sys, time
time.sleep(float(sys.argv[1]))
"""
_FILES = {
    ENTRY: _START.format("deepcat.serving.flags").encode(),
    FETCH: _START.format("deepcat.host.model_server.bringing").encode(),
    "usr/bin/sleep": _SLEEP.encode(),
    "etc/passwd": b"root:x:0:0:root:/:/nonexistent\nnobody:x:65534:65534:nobody:/:/nonexistent\n",
    "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
}
_FOLDERS = ("dev", "etc", "models", "opt", ROOT, "proc", "sys", "tmp", "usr", "usr/bin")
# Where a loader looks without being told, on all families of Linux.
_LINKS = {"lib64": _LIBRARIES, "lib/x86_64-linux-gnu": _LIBRARIES, "usr/lib64": _LIBRARIES}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_LAYERS = {"zst": "tar+zstd", "gz": "tar+gzip"}
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def root_file_system(built: Built, agent: Path, how: str, target: Path) -> str:
    """Write a root file system as a compressed tar; gives the tar's sha256.

    Args:
        built: the runtime and the interpreter.
        agent: the archive of our own code.
        how: it is compressed.
        target: the new file.
    """
    with compressing(how, target) as stream:
        digesting = packing.Digesting(stream)
        with tarfile.open(fileobj=cast(IO[bytes], digesting), mode="w|") as tar:
            tar.format = tarfile.GNU_FORMAT
            for folder in (*_FOLDERS, "lib"):
                mode = 0o1777 if folder == "tmp" else 0o755
                tar.addfile(packing.member(folder, mode, kind=tarfile.DIRTYPE))
            for name, content in sorted(_FILES.items()):
                mode = 0o755 if content.startswith(b"#!") else 0o644
                tar.addfile(packing.member(name, mode, len(content)), io.BytesIO(content))
            for name, to in sorted(_LINKS.items()):
                link = packing.member(name, 0o777, kind=tarfile.SYMTYPE)
                link.linkname = to
                tar.addfile(link)
            known = {*_FOLDERS, "lib"}
            for archive in (built.python, built.site):
                if archive is not None:
                    _add(tar, next(iter(archive.packed.values())).path, ROOT, known)
            _add(tar, agent, f"{ROOT}/agent", known)
    return digesting.sha256


def oci(built: Built, agent: Path, how: str, target: Path) -> str:
    """Write an image as an OCI archive, for `podman load`, `skopeo copy` and the like.

    Returns:
        The digest of its manifest, as ``sha256:…``.
    """
    layer = target.with_name(f".{target.name}.layer")
    try:
        plain = root_file_system(built, agent, how, layer)
        size, digest = layer.stat().st_size, packing.checksum(layer)
        config = _json(_config(plain, built.site.machine))
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": _named(_CONFIG, config),
                "layers": [
                    {
                        "mediaType": f"application/vnd.oci.image.layer.v1.{_LAYERS[how]}",
                        "digest": f"sha256:{digest}",
                        "size": size,
                    }
                ],
            }
        )
        index = _json({"schemaVersion": 2, "manifests": [_named(_MANIFEST, manifest)]})
        blobs = {_blob(each): each for each in (config, manifest)}
        small = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": index, **blobs}
        with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
            for name, content in sorted(small.items()):
                tar.addfile(packing.member(name, 0o644, len(content)), io.BytesIO(content))
            with layer.open("rb") as stream:
                tar.addfile(packing.member(f"blobs/sha256/{digest}", 0o644, size), stream)
    finally:
        layer.unlink(missing_ok=True)
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _add(tar: tarfile.TarFile, path: Path, below: str, known: set[str]) -> None:
    """All that an archive holds, in its order, below a folder."""
    with decompressed(path) as plain, tarfile.open(fileobj=plain, mode="r|") as given:
        for each in given:
            for folder in _parents(f"{below}/{each.name}", known):
                tar.addfile(packing.member(folder, 0o755, kind=tarfile.DIRTYPE))
            if each.isfile():
                mode = 0o755 if each.mode & 0o100 else 0o644
                new = packing.member(f"{below}/{each.name}", mode, each.size)
                tar.addfile(new, given.extractfile(each))


def _parents(name: str, known: set[str]) -> Iterable[str]:
    """The folders of a name that were not there yet, the outermost first."""
    parts = name.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        folder = "/".join(parts[:count])
        if folder not in known:
            known.add(folder)
            yield folder


def _config(plain: str, machine: str) -> dict[str, Any]:
    return {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {
            "User": "65534:65534",
            "Env": ["PATH=/usr/bin", "MODEL_NAME=model", "MODEL_BASE_PATH=/models"],
            "Entrypoint": [f"/{ENTRY}"],
            "ExposedPorts": {"8500/tcp": {}, "8501/tcp": {}},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{plain}"]},
    }


def _named(kind: str, content: bytes) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"mediaType": kind, "digest": digest, "size": len(content)}


def _blob(content: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True).encode()
