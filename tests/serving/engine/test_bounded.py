"""Which graphs cost no more than the size of their inputs allows."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.engine.bounded import bounded

pytestmark = pytest.mark.tensorflow


def graph(nodes: dict[str, tuple[str, list[str]]], functions: dict[str, list[str]]) -> Any:
    """Name -> (operation, inputs), where ``f()`` calls a function; name -> its operations."""
    made = meta_graph_pb2.MetaGraphDef()
    for name, (operation, inputs) in nodes.items():
        _add(made.graph_def.node, name, operation).input.extend(inputs)
    for name, operations in functions.items():
        function = made.graph_def.library.function.add()
        function.signature.name = name
        for operation in operations:
            _add(function.node_def, operation, operation)
    return made


def _add(nodes: Any, name: str, operation: str) -> Any:
    called = operation.removesuffix("()")
    node = nodes.add(name=name, op="StatefulPartitionedCall" if called != operation else operation)
    if called != operation:
        node.attr["f"].func.name = called
    return node


@pytest.mark.parametrize(
    ("nodes", "functions", "known"),
    [
        ({"y": ("MatMul", ["x", "w"]), "x": ("Placeholder", []), "w": ("Const", [])}, {}, True),
        ({"y": ("While", ["x"]), "x": ("Placeholder", [])}, {}, False),
        ({"y": ("Add", ["x:1", "^z"]), "x": ("Const", []), "z": ("PyFunc", [])}, {}, False),
        ({"y": ("Const", []), "restore": ("RestoreV2", [])}, {}, True),
        ({"y": ("f()", [])}, {"f": ["Relu", "g()"], "g": ["MatMul"]}, True),
        ({"y": ("f()", [])}, {"f": ["Relu", "g()"], "g": ["DecodeImage"]}, False),
        ({"y": ("f()", [])}, {"f": ["f()"]}, True),
        ({"y": ("f()", [])}, {}, False),
        ({"y": ("Add", ["x"])}, {}, False),
    ],
    ids=[
        "plain", "a loop", "a control input", "what the answer does not need", "functions",
        "deep in a function", "a function of itself", "a lost function", "a lost input",
    ],
)  # fmt: skip
def test_bounded(
    nodes: dict[str, tuple[str, list[str]]], functions: dict[str, list[str]], known: bool
) -> None:
    assert bounded(graph(nodes, functions), ["y:0"]) is known
