"""What a notebook's node asks for, as manifests need it, and what is brought to its pod.

Environments are made here, of the same locks as on hosts, and go along with the module's files by a
port-forward to the claim, so that the pod needs no package index and the image no JupyterLab.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import names
from deepcat.clouds.kinds.kubernetes.wanted import card_of
from deepcat.clouds.manifests.notebooks import Notebook
from deepcat.clouds.manifests.values import Served
from deepcat.host.environments.locks import pins_in
from deepcat.host.failure import StepError
from deepcat.host.model_server.options import options_of
from deepcat.host.notebook.pods import values as pod
from deepcat.host.notebook.values import LAB, LOCK, OURS, idle_seconds
from deepcat.runtime import environments
from deepcat.runtime.build import packed

Values = Mapping[str, Any]
# What of the cloud's file is for notebooks.
SECTION = "notebooks"
_VERSION = ".".join(map(str, sys.version_info[:2]))
_MOST_FILES = 512 << 20


@dataclass(frozen=True, slots=True)
class Brought:
    """An archive that is brought to a pod.

    Attributes:
        sha256: of the archive.
        path: where it lies; None where `content` is all of it.
        content: all of it, or nothing.
    """

    sha256: str
    path: Path | None = None
    content: bytes = b""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size if self.path else len(self.content)


def brought(lock: str, files: Path) -> dict[str, Brought]:
    """What is brought, by its part.

    Args:
        lock: of the module's that pins its kernel's environment; empty for the image's packages.
        files: the module's, and ours beside them.

    Raises:
        StepError: an environment cannot be made, or the files are too large.
    """
    found = {
        pod.LAB: _environment(LOCK, files),
        pod.PAGE: _archived(files / LAB, lambda _: True),
        pod.FILES: _archived(files, lambda path: path.split("/")[0] != OURS),
    }
    return found | ({pod.OWN: _environment(lock, files)} if lock else {})


def _environment(lock: str, files: Path) -> Brought:
    made = packed(environments.built(pins_in(files, lock), _VERSION), "gz")
    return Brought(made.sha256, made.path)


def _archived(folder: Path, counts: Callable[[str], bool]) -> Brought:
    """A folder's files as one archive, the same for the same files."""
    raw = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, name in _files(folder):
            if counts(name):
                member = tarfile.TarInfo(name)
                found = path.stat()
                member.size, member.mode = found.st_size, 0o755 if found.st_mode & 0o100 else 0o644
                with path.open("rb") as opened:
                    tar.addfile(member, opened)
                _require(raw)
    content = raw.getvalue()
    return Brought(hashlib.sha256(content).hexdigest(), content=content)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.relative_to(folder).as_posix()


def _require(raw: io.BytesIO) -> None:
    if raw.tell() > _MOST_FILES:
        message = f"the module's files take more than {_MOST_FILES >> 20} MiB"
        hint = "let what is large be data, or develop on a host"
        raise StepError("cloud", "run/source", message, hint)


def notebook(values: Values, own: Values, catalog: str, what_is: Mapping[str, Brought]) -> Notebook:
    """A notebook of a deployment, named as its node's objects are, without its generation.

    Args:
        values: of the step.
        own: the kind's part of the cloud's file.
        catalog: the catalog's id.
        what_is: what is brought.

    Raises:
        StepError: this cloud cannot run it.
    """
    section = own.get(SECTION)
    if not isinstance(section, Mapping) or not section.get("storage"):
        message = "the cloud's file says no storage for notebooks"
        hint = "say `notebooks: {storage: 10Gi}` there"
        raise StepError("cloud", "run/notebook", message, hint)
    deployment, keeper = str(values["deployment"]), values.get("keeper") or {}
    needs, node = keeper.get("needs") or {}, str(values["node"]["name"])
    asked = values["node"].get("properties") or {}
    options = options_of({"environment": asked.get("environment")}, {})
    head = names.server_name(catalog, deployment, node)
    what = Served(
        head,
        str(own.get("fetcher") or own["image"]),
        (),
        namespace=str(own["namespace"]),
        cpus=float(needs.get("cpus") or 1.0),
        memory_MiB=int(needs.get("memory_MiB") or 0),
        card=card_of(node, values, str(keeper.get("shape") or "")),
        pull_secret=str(own.get("pull_secret") or ""),
        labels=names.labels(catalog, deployment),
    )
    told = {
        "deployment": deployment,
        "port": _port(int(asked.get("port") or 0)),
        "idle_s": idle_seconds(str(asked.get("idle") or "off")),
        "python": _VERSION,
        "environment": dict(options.environment),
        "reads": False,
        **{part: what_is[part].sha256 if part in what_is else "" for part in pod.PARTS},
    }
    return Notebook(
        what,
        told,
        claim=claim_name(head),
        storage=str(section["storage"]),
        storage_class=str(section.get("class") or ""),
        secret=secret_name(head),
        connects=bool(values.get("connects")),
    )


def _port(asked: int) -> int:
    """Where JupyterLab answers in its pod, which is its own but for one port."""
    if asked == pod.PORT:
        message = f"port {asked} of the pod is taken by what keeps the notebook"
        raise StepError("module", "run/port", message, "give it another port, or 0 for a free one")
    return asked or pod.LAB_PORT


def claim_name(head: str) -> str:
    """Of what keeps the work, by what the names of its node's objects begin with."""
    return f"{head}-work"


def secret_name(head: str) -> str:
    """Of what lets in."""
    return f"{head}-token"


def goal_of(found: Notebook) -> str:
    """What tells a notebook from any other; the module's files are the work's beginning alone."""
    told = {k: v for k, v in found.told.items() if k not in (pod.FILES, "idle_s")}
    what = found.what
    asked = [told, what.image, what.cpus, what.memory_MiB, repr(what.card), found.connects]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
