"""For which graphs TensorFlow puts operations together, told by their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.serving.contract.protos import config_pb2, meta_graph_pb2, rewriter_config_pb2
from deepcat.serving.engine import fusing
from deepcat.serving.engine.native import session_config

OFF = rewriter_config_pb2.RewriterConfig.OFF


def graph(*operations: str, inside: bool = False) -> bytes:
    made = meta_graph_pb2.MetaGraphDef()
    graph_def = made.graph_def
    nodes = graph_def.library.function.add().node_def if inside else graph_def.node
    for number, operation in enumerate(operations):
        nodes.add(name=f"node_{number}", op=operation)
    return bytes(made.SerializeToString())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (graph("Placeholder", "MatMul", "BiasAdd", "Relu", "Softmax"), False),
        (graph("Placeholder", "Conv2D", "FusedBatchNormV3"), True),
        (graph("Placeholder", "DepthwiseConv2dNative"), True),
        (graph("MatMul", "Conv3D", inside=True), True),
        (graph("MatMul", "Relu", inside=True), False),
        (b"", True),
    ],
    ids=["dense", "convolution", "depthwise", "in a function", "dense in a function", "empty"],
)
def test_only_convolutions_make_it_pay(tmp_path: Path, content: bytes, expected: bool) -> None:
    file = tmp_path / "saved_model.pb"
    file.write_bytes(content)
    assert fusing.pays(file) is expected


def test_of_a_graph_in_another_form_nothing_is_left_out(tmp_path: Path) -> None:
    assert fusing.pays(tmp_path / "saved_model.pb")


@pytest.mark.parametrize("fuses", [True, False])
def test_the_session_is_told(fuses: bool) -> None:
    told = config_pb2.ConfigProto.FromString(session_config(3, fuses=fuses))
    assert (told.graph_options.rewrite_options.remapping == OFF) is not fuses
    assert told.intra_op_parallelism_threads == 3
