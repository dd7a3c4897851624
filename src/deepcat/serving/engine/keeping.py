"""TensorFlow that loads the rewritten graph of a model where one is kept, and makes such graphs."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import ServingError
from deepcat.serving.engine import rewritten
from deepcat.serving.engine.kept import KeptGraphs
from deepcat.serving.engine.native import (
    CallStatus,
    NativeEngine,
    NativeSession,
    session_config,
)
from deepcat.serving.engine.rewritten import Asked, UnfitError

_LOG = logging.getLogger("deepcat.serving")

_VARIABLES = Path("variables") / "variables"


class KeepingEngine(NativeEngine):
    """Loads a SavedModel by its rewritten graph, or as it is where none is kept."""

    def __init__(self, library: Any, graphs: KeptGraphs) -> None:
        super().__init__(library)
        self._graphs = graphs

    def load(self, path: Path, threads: int = 0) -> NativeSession:
        """Load the SavedModel in `path`."""
        if graph := self._graphs.find(path, self.version):
            try:
                return load_rewritten(self.library, graph, path, threads)
            except (ServingError, DecodeError) as error:
                _LOG.info("%s is loaded without its rewritten graph: %s", path, error)
        return super().load(path, threads)


def load_rewritten(library: Any, text: bytes, path: Path, threads: int = 0) -> NativeSession:
    """Load a rewritten graph, with the variables of the SavedModel in `path`.

    Raises:
        DecodeError: the text is no graph.
        ServingError: from TensorFlow.
    """
    from deepcat.serving.contract.protos import meta_graph_pb2

    meta_graph = meta_graph_pb2.MetaGraphDef.FromString(text)
    graph = library.TF_NewGraph()
    try:
        with CallStatus(library) as status:
            _import(library, graph, meta_graph.graph_def.SerializeToString(), status)
            options = library.TF_NewSessionOptions()
            try:
                config = session_config(threads, fuses=False, rewrites=False)
                library.TF_SetConfig(options, config, len(config), status.pointer)
                status.check()
                session = library.TF_NewSession(graph, options, status.pointer)
                status.check()
            finally:
                library.TF_DeleteSessionOptions(options)
    except ServingError:
        library.TF_DeleteGraph(graph)
        raise
    loaded = NativeSession(library, graph, session, text, rewritten.named(meta_graph))
    if any(node.name == rewritten.RESTORE for node in meta_graph.graph_def.node):
        try:
            loaded.run({rewritten.FILE: _checkpoint(path)}, target=rewritten.RESTORE)
        except ServingError:
            loaded.close()
            raise
    return loaded


def rewrite(session: NativeSession, path: Path, inputs: dict[Asked, Sequence[Array]]) -> bytes:
    """The rewritten graph of a SavedModel.

    Args:
        session: of the SavedModel, with all its variables filled.
        path: of it.
        inputs: of each `rewritten.signatures`, arrays that it computes with.

    Raises:
        UnfitError: it is not of that kind.
        ServingError: from TensorFlow.
    """
    from deepcat.serving.contract.protos import meta_graph_pb2

    meta_graph = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph)
    runs = {
        asked: _ran(session, dict(zip(asked.feeds, arrays, strict=True)), asked.fetches)
        for asked, arrays in inputs.items()
    }
    restoring, saver = None, meta_graph.saver_def
    if saver.restore_op_name and path.joinpath("variables").is_dir():
        restoring = _ran(
            session, {saver.filename_tensor_name: _checkpoint(path)}, (), saver.restore_op_name
        )
    return rewritten.rewritten(meta_graph, runs, restoring, _stateful(session.library))


def _ran(
    session: NativeSession, feeds: dict[str, Array], fetches: tuple[str, ...], target: str = ""
) -> Any:
    """The GraphDef that TensorFlow really runs."""
    from deepcat.serving.contract.protos import config_pb2

    told: list[bytes] = []
    session.run(feeds, fetches, target, told.append)
    graphs = config_pb2.RunMetadata.FromString(told[0]).partition_graphs
    if len(graphs) != 1:
        raise UnfitError("it is computed on several devices")
    return graphs[0]


def _stateful(library: Any) -> set[str]:
    from deepcat.serving.contract.protos import op_def_pb2

    buffer = library.TF_GetAllOpList()
    try:
        text = ctypes.string_at(buffer.contents.data, buffer.contents.length)
    finally:
        library.TF_DeleteBuffer(buffer)
    return {each.name for each in op_def_pb2.OpList.FromString(text).op if each.is_stateful}


def _import(library: Any, graph: Any, text: bytes, status: CallStatus) -> None:
    buffer = library.TF_NewBufferFromString(text, len(text))
    options = library.TF_NewImportGraphDefOptions()
    try:
        library.TF_GraphImportGraphDef(graph, buffer, options, status.pointer)
        status.check()
    finally:
        library.TF_DeleteImportGraphDefOptions(options)
        library.TF_DeleteBuffer(buffer)


def _checkpoint(path: Path) -> Array:
    return np.array(str(path / _VARIABLES).encode(), object)
