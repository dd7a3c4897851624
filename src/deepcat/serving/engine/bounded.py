"""Whether what a graph costs is bounded by how large its inputs are; pure.

Such a graph, when it is quick, may be run where other requests wait for it: no value that a client
sends makes it loop, wait, read or unpack.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# A collection of a MetaGraphDef whose graph was rewritten: in it, when its own was bounded.
KNOWN = "deepcat"
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_PLAIN = frozenset(
    (
        "Add", "AddN", "AddV2", "ArgMax", "ArgMin", "AssignVariableOp", "BatchMatMul",
        "BatchMatMulV2", "BiasAdd", "Cast", "ConcatV2", "Const", "Div", "DivNoNan", "Elu", "Equal",
        "Erf", "Exp", "ExpandDims", "Floor", "Greater", "GreaterEqual", "Identity", "IdentityN",
        "LeakyRelu", "Less", "LessEqual", "Log", "Log1p", "LogSoftmax", "LogicalAnd", "LogicalNot",
        "LogicalOr", "MatMul", "Max", "Maximum", "Mean", "Min", "Minimum", "Mul", "Neg", "NoOp",
        "NotEqual", "Pack", "Placeholder", "PlaceholderWithDefault", "Pow", "ReadVariableOp",
        "RealDiv", "Reciprocal", "Relu", "Relu6", "Reshape", "ResourceGather", "Round", "Rsqrt",
        "Select", "SelectV2", "Selu", "Shape", "Sigmoid", "Sign", "Softmax", "Softplus", "Softsign",
        "Split", "Sqrt", "Square", "SquaredDifference", "Squeeze", "StopGradient", "StridedSlice",
        "Sub", "Sum", "Tanh", "Transpose", "Unpack", "VarHandleOp", "VariableV2", "ZerosLike",
    )
)  # fmt: skip


def bounded(meta_graph: Any, fetches: Iterable[str]) -> bool:
    """Whether all that these tensors need is known to be bounded."""
    if KNOWN in meta_graph.collection_def:
        return True
    functions = {
        function.signature.name: function for function in meta_graph.graph_def.library.function
    }
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    seen: set[str] = set()
    called: set[str] = set()
    waiting = [name.partition(":")[0] for name in fetches]
    while waiting:
        name = waiting.pop().removeprefix("^").partition(":")[0]
        if name in seen:
            continue
        seen.add(name)
        node = nodes.get(name)
        if node is None or not _plain([node], called):
            return False
        waiting += node.input
    return _functions_plain(functions, called)


def _functions_plain(functions: dict[str, Any], called: set[str]) -> bool:
    done: set[str] = set()
    while waiting := called - done:
        for name in waiting:
            function = functions.get(name)
            done.add(name)
            if function is None or not _plain(function.node_def, called):
                return False
    return True


def _plain(nodes: Iterable[Any], called: set[str]) -> bool:
    """Whether all nodes are of known kinds; functions that they call go into `called`."""
    for node in nodes:
        if node.op in _CALLS:
            called.add(node.attr["f"].func.name)
        elif node.op not in _PLAIN:
            return False
    return True
