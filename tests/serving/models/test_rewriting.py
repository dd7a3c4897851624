"""Rewritten graphs: of which models there are, and that they answer to the last bit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

LARGE = 1 << 18


@pytest.fixture
def large(models: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies a model whose graph is as large as those that are rewritten."""
    from deepcat.serving.contract.protos import saved_model_pb2

    def copied(name: str) -> Path:
        folder = tmp_path / name / "1"
        shutil.copytree(models / name / "1", folder)
        file = folder / "saved_model.pb"
        model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
        node = model.meta_graphs[0].graph_def.node.add(name="large", op="Const")
        node.attr["dtype"].type = 4
        tensor = node.attr["value"].tensor
        tensor.dtype = 4
        tensor.tensor_shape.dim.add(size=LARGE)
        tensor.tensor_content = bytes(LARGE)
        file.write_bytes(model.SerializeToString())
        return folder

    return copied


@pytest.fixture
def keeping(native: Any, tmp_path: Path) -> Any:
    """An engine that looks for rewritten graphs in a folder of its own."""
    from deepcat.serving.engine.keeping import KeepingEngine
    from deepcat.serving.engine.kept import KeptGraphs

    graphs = KeptGraphs(tmp_path / "graphs")
    return KeepingEngine(native.library, graphs), graphs


def is_rewritten(session: Any) -> bool:
    from deepcat.serving.contract.protos import meta_graph_pb2

    nodes = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph).graph_def.node
    return any(node.name.startswith("deepcat.") for node in nodes)


@pytest.mark.parametrize("name", ["nested", "unrestored", "matrix"])
def test_the_next_load_is_of_the_rewritten_graph_and_answers_the_same(
    large: Callable[[str], Path], native: Any, keeping: Any, name: str
) -> None:
    from deepcat.serving.models import inference
    from deepcat.serving.models.loading import load
    from deepcat.serving.models.servable import Servable
    from deepcat.serving.server.rewriter import keep

    engine, graphs = keeping
    folder = large(name)
    assert not is_rewritten(engine.load(folder))
    assert graphs.lacking() == folder
    assert keep(graphs, folder, [])
    first = load(native, name, 1, folder)
    session = engine.load(folder)
    assert is_rewritten(session)
    assert graphs.lacking() is None
    second = Servable(name, 1, session)
    assert first.signatures == second.signatures
    assert first._bounded == second._bounded
    ((alias, info),) = first.signature("").inputs.items()
    sizes = [3 if dim.size < 0 else dim.size for dim in info.tensor_shape.dim]
    kind = np.dtype(np.float32)
    asked = np.random.default_rng(2).standard_normal(sizes).astype(kind)
    answers = [inference.predict(each, "", {alias: asked}) for each in (first, second)]
    for servable in (first, second):
        servable.retire()
    assert answers[0].keys() == answers[1].keys()
    for output in answers[0]:
        assert answers[0][output].tobytes() == answers[1][output].tobytes()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("warmed", "AssignAddVariableOp has a state"),
        ("lite_beside", "is of another kind"),
        ("echo", "nothing is known"),
    ],
)
def test_other_models_have_none(models: Path, native: Any, name: str, why: str) -> None:
    from deepcat.serving.engine.rewritten import UnfitError
    from deepcat.serving.models.rewriting import made

    with pytest.raises(UnfitError, match=why):
        made(native, models / name / "1")


def test_samples_tell_what_a_model_of_strings_answers(models: Path, native: Any) -> None:
    from deepcat.serving.engine.rewritten import UnfitError
    from deepcat.serving.models.rewriting import made

    with pytest.raises(UnfitError, match="nothing is known that serving_default answers"):
        made(native, models / "twin" / "1")
    asked = {"count": 1, "flag": True, "scale": 2.0, "values": [1.5], "word": "so"}
    body = json.dumps({"inputs": {**asked, "image_bytes": {"b64": "YWJj"}}}).encode()
    assert made(native, models / "twin" / "1", [b"{}", body])


def test_a_graph_that_answers_otherwise_is_refused(
    models: Path, native: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepcat.serving.contract.protos import meta_graph_pb2
    from deepcat.serving.engine import keeping
    from deepcat.serving.engine.rewritten import UnfitError
    from deepcat.serving.models import rewriting

    def spoiled(*given: Any) -> bytes:
        made = meta_graph_pb2.MetaGraphDef.FromString(keeping.rewrite(*given))
        node = next(n for n in made.graph_def.node if n.op == "Const" and n.attr["dtype"].type == 1)
        value = node.attr["value"].tensor
        value.ClearField("tensor_content")
        value.float_val[:] = [7.0]
        return bytes(made.SerializeToString())

    monkeypatch.setattr(rewriting, "rewrite", spoiled)
    with pytest.raises(UnfitError, match="answers otherwise"):
        rewriting.made(native, models / "nested" / "1")


def test_a_kept_graph_that_does_not_load_is_passed_by(
    large: Callable[[str], Path], keeping: Any
) -> None:
    from deepcat.serving.contract.protos import meta_graph_pb2
    from deepcat.serving.engine.kept import name_of

    engine, graphs = keeping
    folder = large("nested")
    wrong = meta_graph_pb2.MetaGraphDef()
    wrong.graph_def.node.add(name="deepcat/x", op="NoSuchOperation")
    for text in (b"\xff\xff", bytes(wrong.SerializeToString())):
        graphs.keep(name_of(folder, engine.version), text)
        session = engine.load(folder)
        assert not is_rewritten(session)
        session.close()


def test_the_program_keeps_it_for_its_user(large: Callable[[str], Path], tmp_path: Path) -> None:
    folder = large("nested")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deepcat.serving.server.rewriter", str(folder)],
            env=environment,
            input="[]",
            capture_output=True,
            text=True,
            check=False,
        )

    done = run()
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "cache" / "deepcat" / "graphs").glob("*.graph"))) == 1
    (folder / "saved_model.pb").write_bytes(b"\xff" * LARGE)
    done = run()
    assert done.returncode == 1
    assert "saved_model.pb" in done.stderr
