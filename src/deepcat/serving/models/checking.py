"""Whether what lies in a folder can be served, said before it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.layout import GRAPH, LITE, TEXT_GRAPH
from deepcat.serving.contract.protos import graph_pb2, saved_model_pb2
from deepcat.serving.contract.status import ServingError
from deepcat.serving.engine.session import Engine
from deepcat.serving.models.folders import lacks, version_folders
from deepcat.serving.models.loading import load

_UNKNOWN = re.compile(r"Op type not registered '([^']+)'|LiteRT has no operation (\S+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something cannot be served.

    Attributes:
        path: of the folder or file.
        code: ``serving/versions``, ``…/files``, ``…/type``, ``…/operation`` or ``…/model``.
        message: one sentence.
    """

    path: Path
    code: str
    message: str


def faults(engine: Engine, base: Path) -> Iterator[Fault]:
    """What keeps the versions in a folder from being served.

    Args:
        engine: loads them, as a server would.
        base: a folder of versions, or a SavedModel.
    """
    versions = version_folders(base)
    if not versions:
        nothing = "the folder holds no version, such as `1`, to serve"
        yield from list(_frozen(base)) or [Fault(base, "serving/versions", nothing)]
    for number, folder in sorted(versions.items()):
        files = list(_frozen(folder)) or list(_lacking(folder))
        yield from files or _loaded(engine, number, folder)


def _frozen(folder: Path) -> Iterator[Fault]:
    """A graph of TensorFlow 1 that is no SavedModel, where it lies as if it were one, or alone."""
    if any((folder / each).is_file() for each in (TEXT_GRAPH, LITE)):
        return
    graph = folder / GRAPH
    for path in [graph] if graph.is_file() else sorted(folder.glob("*.pb")):
        try:
            found = graph_pb2.GraphDef.FromString(path.read_bytes())
        except (OSError, DecodeError):
            continue
        if any(node.op and node.name for node in found.node):
            message = f"`{path.name}` is a frozen graph, which has no signature, and no SavedModel"
            yield Fault(path, "serving/model", message)


def _loaded(engine: Engine, number: int, folder: Path) -> Iterator[Fault]:
    try:
        servable = load(engine, folder.name, number, folder)
    except ServingError as error:
        if found := _UNKNOWN.search(error.message):
            message = f"the operation {found[1] or found[2]} is none that the server has"
            yield Fault(folder, "serving/operation", message)
        else:
            yield Fault(folder, "serving/model", error.message)
        return
    try:
        if not servable.signatures:
            yield Fault(folder, "serving/model", "the model has no signature to be asked by")
        for name in sorted(servable.signatures):
            yield from _types(folder, name, servable)
    finally:
        servable.retire()


def _types(folder: Path, name: str, servable: Any) -> Iterator[Fault]:
    """Tensors of a signature that no request and no answer can carry."""
    found = servable.signatures[name]
    for part in (found.inputs, found.outputs):
        for alias, info in sorted(part.items()):
            if not info.name:
                kind = str(info.WhichOneof("encoding") or "nothing").replace("_", " ")
                what = f"is of the form {kind}, and only dense tensors are carried"
            elif not (known := dtypes.BY_NUMBER.get(info.dtype % 100)) or not (
                known.numpy or known.name == "bfloat16"
            ):
                shown = known.proto_name if known else f"number {info.dtype}"
                what = f"has the type {shown}, which no request carries"
            else:
                continue
            yield Fault(folder, "serving/type", f"`{alias}` of the signature `{name}` {what}")


def _lacking(folder: Path) -> Iterator[Fault]:
    """Files that are not there, and a graph that is not for serving."""
    for lack in lacks(folder):
        code = "serving/model" if lack.path == GRAPH else "serving/files"
        yield Fault(folder / lack.path, code, lack.message)
    graph = folder / GRAPH
    try:
        found = saved_model_pb2.SavedModel.FromString(graph.read_bytes()).meta_graphs
    except (OSError, DecodeError):
        return
    tags = {tag for each in found for tag in each.meta_info_def.tags}
    if found and "serve" not in tags:
        message = f"no graph bears the tag `serve`; there are {', '.join(sorted(tags)) or 'none'}"
        yield Fault(graph, "serving/model", message)
