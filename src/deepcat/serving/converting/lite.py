"""A TensorFlow Lite model as a SavedModel: its graph built anew, and held against the original.

A quantised tensor is a real number here: its constants are made real, and what an operation gives
is rounded as the original rounds it. So one table of operations does for all kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcat.serving.converting.fault import FaultError
from deepcat.serving.converting.lite_operations import Call, table

_DEFAULT = "serving_default"
_ROUNDED = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}
# Answers differ by rounding: of floats, and of weights that the original rounds as it goes.
_EXACT, _COARSE, _QUANTA = 1e-4, 0.05, 3
_TRIES = 3


def convert(file: Path, folder: Path) -> None:
    """Build the graph of a ``.tflite`` file anew and save it for serving.

    Args:
        file: the model.
        folder: where the SavedModel is written; not there yet.

    Raises:
        FaultError: an operation has no counterpart here, or the answers would differ.
    """
    import tensorflow as tf
    from tensorflow.lite.python import schema_py_generated as schema

    content = file.read_bytes()
    if content[4:8] != b"TFL3":
        raise FaultError("does not begin as a TensorFlow Lite file")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    functions = {}
    for name, graph, inputs, outputs in _signatures(model):
        functions[name] = _Graph(tf, schema, model, graph).function(inputs, outputs)
    rounds = any(_is_quantised(tensor) for graph in model.subgraphs for tensor in graph.tensors)
    _prove(tf, content, functions, _COARSE if rounds else 0.0)
    made = {name: function.get_concrete_function() for name, function in functions.items()}
    tf.saved_model.save(tf.Module(), str(folder), signatures=made)


def _signatures(model: Any) -> list[tuple[str, Any, dict[str, int], dict[str, int]]]:
    """Name, graph, and the tensors that go in and out by name, of each signature."""
    found = []
    for each in model.signatureDefs or ():
        inputs = {_text(part.name): part.tensorIndex for part in each.inputs}
        outputs = {_text(part.name): part.tensorIndex for part in each.outputs}
        graph = model.subgraphs[each.subgraphIndex]
        found.append((_text(each.signatureKey) or _DEFAULT, graph, inputs, outputs))
    if not found:
        graph = model.subgraphs[0]
        inputs = {_named(graph, index, "input", n): index for n, index in enumerate(graph.inputs)}
        outputs = {
            _named(graph, index, "output", n): index for n, index in enumerate(graph.outputs)
        }
        found.append((_DEFAULT, graph, inputs, outputs))
    return found


def _named(graph: Any, index: int, word: str, number: int) -> str:
    name = _text(graph.tensors[index].name).removesuffix(":0").rpartition("/")[2]
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name).strip("_")
    return f"{word}_{number}" if not plain or plain[0].isdigit() else plain


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


class _Graph:
    """One graph of the file: what it takes, how each tensor comes to be."""

    def __init__(self, tf: Any, schema: Any, model: Any, graph: Any) -> None:
        self.tf, self.model, self.graph = tf, model, graph
        self.operations = table(tf)
        self.names = {number: name for name, number in vars(schema.BuiltinOperator).items()}
        types = {number: name.lower() for name, number in vars(schema.TensorType).items()}
        self.types = {number: "bool" if name == "bool" else name for number, name in types.items()}

    def function(self, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> Any:
        """A function of TensorFlow that takes and gives tensors by their names."""
        specs = [self.spec(index, name) for name, index in inputs.items()]

        def call(*given: Any) -> dict[str, Any]:
            known = {
                index: self.real(index, value)
                for index, value in zip(inputs.values(), given, strict=True)
            }
            self.run(known)
            return {name: self.written(index, known[index]) for name, index in outputs.items()}

        return self.tf.function(call, input_signature=specs, autograph=False)

    def spec(self, index: int, name: str) -> Any:
        tensor = self.graph.tensors[index]
        shape = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
        sizes = [None if size < 0 else int(size) for size in (() if shape is None else shape)]
        return self.tf.TensorSpec(sizes, self.dtype(index), name=name)

    def dtype(self, index: int) -> str:
        name = self.types[self.graph.tensors[index].type]
        if not hasattr(self.tf, name):
            raise FaultError(f"holds a tensor of the type {name}, which is not converted")
        return name

    def run(self, known: dict[int, Any]) -> None:
        """Work out all tensors, in the file's order."""
        for operator in self.graph.operators:
            code = self.model.operatorCodes[operator.opcodeIndex]
            name = self.names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "unknown")
            if name not in self.operations:
                raise FaultError(f"holds the operation {name}, which is not converted")
            taken = [None if i < 0 else self.value(i, known) for i in operator.inputs]
            places = [int(index) for index in operator.outputs]
            call = Call(taken, operator.builtinOptions, self.kind(places[0]))
            given = self.operations[name](call)
            for index, value in zip(
                places, given if isinstance(given, list) else [given], strict=True
            ):
                known[index] = self.rounded(index, value)

    def kind(self, index: int) -> str:
        """The type that a tensor has here: a quantised one, and a short float, is a float."""
        name = self.dtype(index)
        return "float32" if name == "float16" or self.quanta(index) else name

    def value(self, index: int, known: dict[int, Any]) -> Any:
        if index not in known:
            known[index] = self.constant(index)
        return known[index]

    def constant(self, index: int) -> Any:
        """What the file gives a tensor: kept as small as it is, and made real in the graph."""
        tensor = self.graph.tensors[index]
        data = self.model.buffers[tensor.buffer].data
        if data is None:
            raise FaultError("holds a tensor that nothing gives a value")
        shape = [] if tensor.shape is None else list(tensor.shape)
        value = np.frombuffer(bytes(data), np.dtype(self.dtype(index))).reshape(shape)
        kept = self.tf.constant(value)
        if value.dtype == np.float16:
            return self.tf.cast(kept, self.tf.float32)
        if not (found := self.quanta(index)):
            return kept
        scale, zero, axis = found
        if scale.size > 1:
            spread = [1] * value.ndim
            spread[axis] = scale.size
            scale, zero = scale.reshape(spread), zero.reshape(spread)
        real = self.tf.cast(kept, self.tf.float32)
        return (real - zero.astype(np.float32)) * scale.astype(np.float32)

    def quanta(self, index: int) -> tuple[Any, Any, int] | None:
        """Scale, zero point and axis of a quantised tensor."""
        if not _is_quantised(self.graph.tensors[index]):
            return None
        found = self.graph.tensors[index].quantization
        scale = np.array(found.scale, np.float64)
        zero = np.zeros_like(scale) if found.zeroPoint is None else np.array(found.zeroPoint)
        return scale, zero, found.quantizedDimension

    def real(self, index: int, value: Any) -> Any:
        """What is given, as a number here."""
        if value.dtype == self.tf.float16:
            return self.tf.cast(value, self.tf.float32)
        if not (found := self.quanta(index)):
            return value
        return (self.tf.cast(value, self.tf.float32) - float(found[1][0])) * float(found[0][0])

    def rounded(self, index: int, value: Any) -> Any:
        """What an operation gives, to the precision that its tensor has."""
        bounds = _ROUNDED.get(self.dtype(index))
        if not bounds or not self.quanta(index):
            return value
        return self.real(index, self.steps(index, value, bounds))

    def steps(self, index: int, value: Any, bounds: tuple[int, int]) -> Any:
        found = self.quanta(index)
        assert found  # noqa: S101 - the caller's contract
        scale, zero = float(found[0][0]), float(found[1][0])
        return self.tf.clip_by_value(self.tf.round(value / scale) + zero, *map(float, bounds))

    def written(self, index: int, value: Any) -> Any:
        """A number here, as the signature gives it away."""
        name = self.dtype(index)
        if name in _ROUNDED and self.quanta(index):
            value = self.steps(index, value, _ROUNDED[name])
        return self.tf.cast(value, name)


def _is_quantised(tensor: Any) -> bool:
    found = tensor.quantization
    return found is not None and found.scale is not None and len(found.scale) > 0


def _prove(tf: Any, content: bytes, functions: Mapping[str, Any], coarse: float) -> None:
    """Ask the original and the new graph the same."""
    interpreter = tf.lite.Interpreter(model_content=content)
    signed = interpreter.get_signature_list()
    random = np.random.default_rng(0)
    for name, function in functions.items():
        for _ in range(_TRIES):
            asked = _asked(function, random)
            if signed:
                expected = interpreter.get_signature_runner(name)(**asked)
            else:
                expected = _invoked(interpreter, list(asked.values()))
            given = [
                np.asarray(value) for value in function(*map(tf.constant, asked.values())).values()
            ]
            order = list(function.get_concrete_function().structured_outputs)
            due = [expected[key] for key in order] if signed else list(expected.values())
            if not all(_agree(a, b, coarse) for a, b in zip(given, due, strict=True)):
                raise FaultError(f"would answer otherwise once it is converted ({name})")


def _asked(function: Any, random: Any) -> dict[str, Any]:
    """Numbers of every kind for each input."""
    asked = {}
    for spec in function.input_signature:
        shape = [size or 1 for size in spec.shape.as_list()]
        dtype = spec.dtype.as_numpy_dtype
        low, high = (0, 2) if dtype == np.bool_ else (0, 10)
        real = np.issubdtype(dtype, np.floating)
        values = random.uniform(-1, 1, shape) if real else random.integers(low, high, shape)
        asked[spec.name] = values.astype(dtype)
    return asked


def _invoked(interpreter: Any, asked: Sequence[Any]) -> dict[int, Any]:
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), asked, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    details = interpreter.get_output_details()
    return {each["index"]: interpreter.get_tensor(each["index"]) for each in details}


def _agree(given: Any, due: Any, coarse: float) -> bool:
    if given.shape != due.shape or given.dtype != due.dtype:
        return False
    if not np.issubdtype(given.dtype, np.floating):
        return bool(np.all(np.abs(given.astype(np.int64) - due.astype(np.int64)) <= _QUANTA))
    most = float(np.max(np.abs(due), initial=0.0))
    return bool(np.allclose(given, due, rtol=_EXACT, atol=_EXACT + coarse * most))
