"""What a SavedModel takes and gives, read from `saved_model.pb` without TensorFlow.

Of the fields, those are followed that lead to the signatures:

    SavedModel.meta_graphs 2 -> MetaGraphDef.meta_info_def 1 (tags 4), .signature_def 5
    SignatureDef.inputs 1, .outputs 2, .method_name 3
    TensorInfo.dtype 2, .tensor_shape 3 -> TensorShapeProto.dim 2 (size 1), .unknown_rank 3
"""

from __future__ import annotations

from typing import Any

from deepcat.catalog.reading.wire import Fields, messages, pairs, text
from deepcat.catalog.reading.wire import fields as parts_of

_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
_METHODS = {f"tensorflow/serving/{name}": name for name in ("predict", "classify", "regress")}
_INTERNAL = "__saved_model_init_op"
_SERVE = b"serve"


def signatures(content: bytes) -> dict[str, Any]:
    """The signatures of a SavedModel's graph for serving, in the form of `module.yaml`.

    Signatures that serving cannot answer, or whose tensors have types without a name there, are
    left out.

    Args:
        content: of `saved_model.pb`.

    Raises:
        ValueError: it is no SavedModel.
    """
    graphs = [parts_of(value) for value in messages(parts_of(content), 2)]
    if not graphs:
        raise ValueError("it holds no graph")
    graph = next((graph for graph in graphs if _is_served(graph)), graphs[0])
    found = {}
    for name, value in pairs(graph, 5):
        signature = _signature(parts_of(value))
        if signature and name != _INTERNAL:
            found[name] = signature
    return dict(sorted(found.items()))


def _is_served(graph: Fields) -> bool:
    return any((4, _SERVE) in parts_of(facts) for facts in messages(graph, 1))


def _signature(fields: Fields) -> dict[str, Any] | None:
    written = list(messages(fields, 3))
    method = _METHODS.get(text(written[-1]) if written else "")
    tensors = {
        part: {name: _tensor(parts_of(value)) for name, value in sorted(pairs(fields, number))}
        for part, number in (("inputs", 1), ("outputs", 2))
    }
    if method is None or any(None in part.values() for part in tensors.values()):
        return None
    return {"method": method, **tensors}


def _tensor(fields: Fields) -> dict[str, Any] | None:
    dtype, shape = "", None
    for number, value in fields:
        if number == 2 and type(value) is int:
            dtype = _DTYPES.get(value, "")
        elif number == 3 and type(value) is bytes:
            shape = _shape(parts_of(value))
    return {"dtype": dtype, "shape": shape} if dtype and shape is not None else None


def _shape(fields: Fields) -> list[int] | None:
    """The sizes; None when even their number is unknown."""
    if any(number == 3 and value for number, value in fields):
        return None
    sizes = []
    for dimension in messages(fields, 2):
        size = next((v for n, v in parts_of(dimension) if n == 1 and type(v) is int), 0)
        sizes.append(max(size if size < 2**63 else size - 2**64, -1))
    return sizes
