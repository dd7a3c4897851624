"""Predict, classify, regress: TensorFlow Serving's rules around one run of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.contract.tensors import to_array
from deepcat.serving.models.servable import (
    CLASSIFY,
    DEFAULT_SIGNATURE,
    PREDICT,
    REGRESS,
    Servable,
    strings,
    tensor_name,
)

Classes = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Task:
    """One signature to evaluate on the same examples.

    Attributes:
        signature: its name as asked for; empty for the default.
        method: `CLASSIFY` or `REGRESS`.
    """

    signature: str
    method: str


def predict(
    servable: Servable,
    signature_name: str,
    inputs: Mapping[str, Array],
    output_filter: Sequence[str] = (),
    timeout_ms: int = 0,
) -> dict[str, Array]:
    """Evaluate a signature on tensors.

    Raises:
        ServingError: as TensorFlow Serving, or from TensorFlow.
    """
    try:
        signature = servable.signature(signature_name)
    except KeyError:
        name = signature_name or DEFAULT_SIGNATURE
        raise ServingError(
            Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.'
        ) from None
    if signature.method_name not in (PREDICT, CLASSIFY, REGRESS):
        raise invalid(
            "Expected prediction signature method_name to be one of "
            f"{{{PREDICT}, {CLASSIFY}, {REGRESS}}}. Was: {signature.method_name}"
        )
    feeds = _feeds(signature, inputs)
    aliases = _outputs(signature, output_filter)
    names = [tensor_name(signature.outputs[alias], alias) for alias in aliases]
    results = servable.run(feeds, names, timeout_ms)
    return dict(zip(aliases, results, strict=True))


def _feeds(signature: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
    wanted = signature.inputs
    if inputs.keys() < wanted.keys() and hasattr(signature, "defaults"):
        given = {a: to_array(t) for a, t in signature.defaults.items() if a not in inputs}
        inputs = {**given, **inputs}
    if inputs.keys() != wanted.keys():
        extra = ",".join(sorted(inputs.keys() - wanted.keys()))
        lacking = ",".join(sorted(wanted.keys() - inputs.keys()))
        raise invalid(
            f"input size does not match signature: {len(inputs)}!={len(wanted)} "
            f"len({{{','.join(sorted(inputs))}}}) != len({{{','.join(sorted(wanted))}}}). "
            f"Sent extra: {{{extra}}}. Missing but required: {{{lacking}}}."
        )
    return {tensor_name(wanted[alias], alias): array for alias, array in sorted(inputs.items())}


def _outputs(signature: Any, output_filter: Sequence[str]) -> list[str]:
    if not output_filter:
        return sorted(signature.outputs)
    seen: set[str] = set()
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid(f"output tensor alias not found in signature: {alias}")
        if alias in seen:
            raise invalid(f"duplicate output tensor alias: {alias}")
        seen.add(alias)
    return list(output_filter)


def classify(
    servable: Servable, signature_name: str, examples: Sequence[bytes], timeout_ms: int = 0
) -> list[Classes]:
    """Evaluate a classify signature on serialised examples.

    Raises:
        ServingError: as TensorFlow Serving, or from TensorFlow.
    """
    signature = _example_signature(servable, signature_name, CLASSIFY, "classification")
    results = _run(servable, signature, _classify_aliases(signature), examples, timeout_ms)
    return _classes(results, len(examples))


def regress(
    servable: Servable, signature_name: str, examples: Sequence[bytes], timeout_ms: int = 0
) -> list[float]:
    """Evaluate a regress signature on serialised examples.

    Raises:
        ServingError: as TensorFlow Serving, or from TensorFlow.
    """
    signature = _example_signature(servable, signature_name, REGRESS, "regression")
    results = _run(servable, signature, _regress_aliases(signature), examples, timeout_ms)
    return _values(results["outputs"], len(examples))


def multi(
    servable: Servable, tasks: Sequence[Task], examples: Sequence[bytes], timeout_ms: int = 0
) -> list[list[Classes] | list[float]]:
    """Evaluate several signatures on the same examples, by one run of the graph.

    Raises:
        ServingError: as TensorFlow Serving, or from TensorFlow.
    """
    planned: list[tuple[Task, Any, list[str]]] = []
    for task in tasks:
        try:
            signature = servable.signature(task.signature)
        except KeyError:
            raise invalid(
                f"Requested signature not found in model graph: {task.signature}"
            ) from None
        if task.method == CLASSIFY:
            _check_method(signature, CLASSIFY, "classification")
            planned.append((task, signature, _classify_aliases(signature)))
        elif task.method == REGRESS:
            _check_method(signature, REGRESS, "regression")
            planned.append((task, signature, _regress_aliases(signature)))
        else:
            raise ServingError(
                Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method}"
            )
    if not examples:
        raise invalid("Input is empty.")
    feeds = {_input(signature): strings(examples) for _, signature, _ in planned}
    names = [
        tensor_name(signature.outputs[alias], alias)
        for _, signature, aliases in planned
        for alias in aliases
    ]
    results = iter(servable.run(feeds, names, timeout_ms))
    answers: list[list[Classes] | list[float]] = []
    for task, _, aliases in planned:
        named = {alias: next(results) for alias in aliases}
        if task.method == CLASSIFY:
            answers.append(_classes(named, len(examples)))
        else:
            answers.append(_values(named["outputs"], len(examples)))
    return answers


def _example_signature(servable: Servable, name: str, method: str, noun: str) -> Any:
    try:
        signature = servable.signature(name)
    except KeyError:
        shown = name or DEFAULT_SIGNATURE
        raise invalid(f"No signature was found with the name: {shown}") from None
    _check_method(signature, method, noun)
    return signature


def _check_method(signature: Any, method: str, noun: str) -> None:
    if signature.method_name != method:
        raise invalid(
            f"Expected {noun} signature method_name to be {method}. Was: {signature.method_name}"
        )


def _input(signature: Any) -> str:
    if len(signature.inputs) != 1 or "inputs" not in signature.inputs:
        raise ServingError(
            Code.FAILED_PRECONDITION, "Expected one input, named `inputs`, of serialized examples"
        )
    return tensor_name(signature.inputs["inputs"], "inputs")


def _classify_aliases(signature: Any) -> list[str]:
    aliases = [alias for alias in ("classes", "scores") if alias in signature.outputs]
    if not aliases:
        raise ServingError(
            Code.FAILED_PRECONDITION, "Expected classification signature outputs to contain "
            "at least one of `classes`, `scores`"
        )  # fmt: skip
    return aliases


def _regress_aliases(signature: Any) -> list[str]:
    if "outputs" not in signature.outputs:
        raise ServingError(
            Code.FAILED_PRECONDITION, "Expected regression signature outputs to contain `outputs`"
        )
    return ["outputs"]


def _run(
    servable: Servable,
    signature: Any,
    aliases: Sequence[str],
    examples: Sequence[bytes],
    timeout_ms: int,
) -> dict[str, Array]:
    if not examples:
        raise invalid("Input is empty.")
    names = [tensor_name(signature.outputs[alias], alias) for alias in aliases]
    results = servable.run({_input(signature): strings(examples)}, names, timeout_ms)
    return dict(zip(aliases, results, strict=True))


def _classes(results: Mapping[str, Array], count: int) -> list[Classes]:
    labels, scores = results.get("classes"), results.get("scores")
    for name, array, dtype in (
        ("classes", labels, dtypes.STRING),
        ("scores", scores, dtypes.FLOAT),
    ):
        if array is None:
            continue
        if array.ndim != 2 or dtypes.of_array(array) is not dtype:
            raise invalid(
                f"Expected Tensor `{name}` of type {dtype.name} and shape [batch_size, n]; it has "
                f"type {dtypes.of_array(array).name} and shape {list(array.shape)}"
            )
        if len(array) != count:
            raise invalid(f"Expected {name} output batch size of {count}. Got: {len(array)}")
    if labels is not None and scores is not None and labels.shape != scores.shape:
        raise invalid("Tensors class and score should match in shape")
    texts = _labels(labels) if labels is not None else None
    numbers = scores.tolist() if scores is not None else None
    if texts is None:
        return [[("", score) for score in row] for row in numbers or []]
    if numbers is None:
        return [[(label, 0.0) for label in row] for row in texts]
    return [list(zip(*pair, strict=True)) for pair in zip(texts, numbers, strict=True)]


def _labels(array: Array) -> list[list[str]]:
    return [[label.decode("utf-8", "replace") for label in row] for row in array.tolist()]


def _values(array: Array, count: int) -> list[float]:
    if dtypes.of_array(array) is not dtypes.FLOAT:
        raise invalid(f"Expected output Tensor of type float. Got: {dtypes.of_array(array).name}")
    if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):
        raise invalid(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1]; it is "
            f"{list(array.shape)}"
        )
    if len(array) != count:
        raise invalid(f"Expected output batch size of {count}. Got: {len(array)}")
    return [float(value) for value in array.ravel().tolist()]
