"""What a SavedModel takes and gives, read from `saved_model.pb` without TensorFlow.

Of the fields, those are followed that lead to the signatures:

    SavedModel.meta_graphs 2 -> MetaGraphDef.meta_info_def 1 (tags 4), .signature_def 5
    SignatureDef.inputs 1, .outputs 2, .method_name 3
    TensorInfo.name 1, .coo_sparse 4, .composite_tensor 5: the last one written counts
    TensorInfo.dtype 2, .tensor_shape 3 -> TensorShapeProto.dim 2 (size 1), .unknown_rank 3
"""

from __future__ import annotations

from typing import Any

from deepcat.catalog.reading.wire import Fields, messages, pairs, text
from deepcat.catalog.reading.wire import fields as parts_of
from deepcat.catalog.wording import shown

_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
# Of TensorFlow's types, those that requests carry, and the names of those that none does.
_CARRIED = {*range(1, 24)} - {20, 21}
_NAMED = {0: "DT_INVALID", 20: "DT_RESOURCE", 21: "DT_VARIANT"}
_OF_REFERENCES = 100
_FORMS = {4: "coo sparse", 5: "composite tensor"}
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
    graph = _served(content)
    found = {}
    for name, value in pairs(graph, 5):
        signature = _signature(parts_of(value))
        if signature and name != _INTERNAL:
            found[name] = signature
    return dict(sorted(found.items()))


def unasked(content: bytes) -> dict[str, str]:
    """Why requests cannot ask signatures of a SavedModel's graph for serving, by their names.

    Raises:
        ValueError: it is no SavedModel.
    """
    found: dict[str, str] = {}
    for name, value in pairs(_served(content), 5):
        signature = parts_of(value) if name != _INTERNAL else []
        for alias, tensor in [*pairs(signature, 1), *pairs(signature, 2)]:
            if why := _uncarried(parts_of(tensor)):
                found.setdefault(name, f"{shown(alias)} {why}")
    return found


def tags(content: bytes) -> set[str]:
    """What the graphs of a SavedModel are for, such as ``serve``.

    Raises:
        ValueError: it is no SavedModel.
    """
    graphs = [parts_of(value) for value in messages(parts_of(content), 2)]
    facts = [parts_of(value) for graph in graphs for value in messages(graph, 1)]
    return {text(tag) for each in facts for tag in messages(each, 4)}


def _uncarried(fields: Fields) -> str:
    """Why no request carries a tensor; empty when one does."""
    form = next((number for number, _ in reversed(fields) if number in {1, *_FORMS}), 0)
    if form != 1:
        kind = _FORMS.get(form, "nothing")
        return f"is of the form {kind}, and only dense tensors are carried"
    dtype = next((value for number, value in reversed(fields) if number == 2), 0)
    number = dtype % _OF_REFERENCES if isinstance(dtype, int) else 0
    if number in _CARRIED:
        return ""
    return f"has the type {_NAMED.get(number, f'number {number}')}, which no request carries"


def _served(content: bytes) -> Fields:
    """The graph for serving, or else the first."""
    graphs = [parts_of(value) for value in messages(parts_of(content), 2)]
    if not graphs:
        raise ValueError("it holds no graph")
    return next((graph for graph in graphs if _is_served(graph)), graphs[0])


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
