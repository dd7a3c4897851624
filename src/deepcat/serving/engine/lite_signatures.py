"""The signatures of a TensorFlow Lite file, in the form of a SavedModel's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import STRING, DType
from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.contract.status import Code, ServingError

_DEFAULT = "serving_default"
_PREDICT = "tensorflow/serving/predict"


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output.

    Attributes:
        alias: its name in the signature.
        name: its name among all tensors, ``op:0``.
        index: LiteRT's.
        dtype: of its elements.
        shape: -1 for a dimension of any size.
    """

    alias: str
    name: str
    index: int
    dtype: DType
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature; one without a key stands for the whole file, which has none."""

    key: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def signatures(interpreter: Any) -> tuple[Signature, ...]:
    """The signatures of an interpreter's file, or one made of its first graph.

    Raises:
        ServingError: a tensor has a type that no request carries.
    """
    keys = sorted(interpreter.get_signature_list())
    if not keys:
        ends = (interpreter.get_input_details(), interpreter.get_output_details())
        named = ({_alias(each): each for each in found} for found in ends)
        return (Signature("", *(_tensors(_DEFAULT, found) for found in named)),)
    found = []
    for key in keys:
        runner = interpreter.get_signature_runner(key)
        ends = (runner.get_input_details(), runner.get_output_details())
        found.append(Signature(key, *(_tensors(key, each) for each in ends)))
    return tuple(found)


def meta_graph(found: Sequence[Signature]) -> bytes:
    """A MetaGraphDef with these signatures and no graph."""
    made = meta_graph_pb2.MetaGraphDef()
    for signature in found:
        entry = made.signature_def[signature.key or _DEFAULT]
        entry.method_name = _PREDICT
        for tensors, infos in (
            (signature.inputs, entry.inputs),
            (signature.outputs, entry.outputs),
        ):
            for tensor in tensors:
                info = infos[tensor.alias]
                info.name, info.dtype = tensor.name, tensor.dtype.number
                for size in tensor.shape:
                    info.tensor_shape.dim.add(size=size)
    return bytes(made.SerializeToString())


def _alias(detail: Mapping[str, Any]) -> str:
    return str(detail["name"]).removesuffix(":0")


def _tensors(key: str, details: Mapping[str, Mapping[str, Any]]) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(
            alias,
            # Graphs of one file may use the same names.
            f"{key}/{alias}:0",
            int(each["index"]),
            _dtype(alias, each["dtype"]),
            tuple(int(size) for size in each["shape_signature"]),
        )
        for alias, each in sorted(details.items())
    )


def _dtype(alias: str, given: Any) -> DType:
    if given is np.bytes_:
        return STRING
    try:
        return dtypes.of_array(np.empty(0, given))
    except TypeError:
        name = getattr(given, "__name__", given)
        message = f"{alias} has the type {name}, which no request carries"
        raise ServingError(Code.UNIMPLEMENTED, message) from None
