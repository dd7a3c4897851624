"""Predict, classify, regress: TensorFlow Serving's rules around one run of the graph."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.contract.tensors import to_array
from deepcat.serving.models import plans
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
        model: the name that the task gives.
        signature: its name as asked for; empty for the default.
        method: `CLASSIFY` or `REGRESS`.
    """

    model: str
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
    plan = servable.plans.get(signature_name) or plans.kept(servable, signature_name)
    arrays = plans.given(plan, inputs) if plan is not None and not output_filter else None
    if plan is not None and arrays is not None:
        begun = time.perf_counter()
        found = plan.run(arrays, timeout_ms)
        _tell(servable, "Predict", begun)
        return dict(zip(plan.outputs, found, strict=True))
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
    results = _ran(servable, "Predict", feeds, names, timeout_ms)
    return dict(zip(aliases, results, strict=True))


def _feeds(signature: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
    wanted = signature.inputs
    if inputs.keys() < wanted.keys() and hasattr(signature, "defaults"):
        given = {a: to_array(t) for a, t in signature.defaults.items() if a not in inputs}
        inputs = {**given, **inputs}
    if len(inputs) != len(wanted):
        extra = ",".join(sorted(inputs.keys() - wanted.keys()))
        lacking = ",".join(sorted(wanted.keys() - inputs.keys()))
        raise invalid(
            f"input size does not match signature: {len(inputs)}!={len(wanted)} "
            f"len({{{','.join(sorted(inputs))}}}) != len({{{','.join(sorted(wanted))}}}). "
            f"Sent extra: {{{extra}}}. Missing but required: {{{lacking}}}."
        )
    for alias in inputs:
        if alias not in wanted:
            raise invalid(
                f"input tensor alias not found in signature: {alias}. Inputs expected to be in "
                f"the set {{{','.join(sorted(wanted))}}}."
            )
    for alias, array in inputs.items():
        _require_shape(alias, wanted[alias].tensor_shape, array.shape)
    return {tensor_name(wanted[alias], alias): array for alias, array in sorted(inputs.items())}


def _require_shape(alias: str, wanted: Any, shape: tuple[int, ...]) -> None:
    """Raise ServingError unless an input has the shape of its signature.

    TensorFlow's kernels take more than signatures say, but some end the whole process where what
    they get has fewer dimensions than they count on. Numbers and lists spread over others.
    """
    dims = wanted.dim
    if wanted.unknown_rank or len(dims) < 2:
        return
    if len(dims) == len(shape) and all(
        dim.size in (-1, size) for dim, size in zip(dims, shape, strict=True)
    ):
        return
    raise invalid(
        f"input tensor {alias} has shape {list(shape)}, its signature has "
        f"{[dim.size for dim in dims]}"
    )


def _outputs(signature: Any, output_filter: Sequence[str]) -> list[str]:
    if not output_filter:
        return sorted(signature.outputs)
    seen: set[str] = set()
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in "
                f"the set {{{','.join(sorted(signature.outputs))}}}."
            )
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
    planned = [(task, *_planned(servable, task, tasks[:at])) for at, task in enumerate(tasks)]
    if not examples:
        raise invalid("Input is empty.")
    feeds = {_input(signature, ""): strings(examples) for _, signature, _ in planned}
    names = [
        tensor_name(signature.outputs[alias], alias)
        for _, signature, aliases in planned
        for alias in aliases
    ]
    results = iter(_ran(servable, "MultiInference", feeds, names, timeout_ms, len(examples)))
    answers: list[list[Classes] | list[float]] = []
    for task, _, aliases in planned:
        named = {alias: next(results) for alias in aliases}
        if task.method == CLASSIFY:
            answers.append(_classes(named, len(examples)))
        else:
            answers.append(_values(named["outputs"], len(examples)))
    return answers


def _planned(servable: Servable, task: Task, before: Sequence[Task]) -> tuple[Any, list[str]]:
    """The signature of a task, and the outputs to ask for."""
    if not task.model:
        raise invalid("Found ModelSpec with an empty model name.")
    if any(task.model != other.model for other in before):
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    name = task.signature or DEFAULT_SIGNATURE
    if any(name == (other.signature or DEFAULT_SIGNATURE) for other in before):
        raise invalid(f"Duplicate evaluation of signature: {name}")
    try:
        signature = servable.signature(name)
    except KeyError:
        raise invalid(f"Requested signature not found in model graph: {name}") from None
    if task.method == CLASSIFY:
        _check_method(signature, CLASSIFY, "classification")
        return signature, _classify_aliases(signature)
    if task.method == REGRESS:
        _check_method(signature, REGRESS, "regression")
        return signature, _regress_aliases(signature)
    raise ServingError(Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method}")


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


def _input(signature: Any, noun: str) -> str:
    if len(signature.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    if "inputs" not in signature.inputs:
        raise ServingError(
            Code.FAILED_PRECONDITION, f"No {noun} inputs found in SignatureDef: {signature}"
        )
    return tensor_name(signature.inputs["inputs"], "inputs")


def _classify_aliases(signature: Any) -> list[str]:
    _input(signature, "classification")
    if len(signature.outputs) not in (1, 2):
        raise invalid(f"Expected one or two output Tensors, found {len(signature.outputs)}")
    aliases = [alias for alias in ("classes", "scores") if alias in signature.outputs]
    if not aliases:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            "Expected classification signature outputs to contain at least one of "
            f'"classes" or "scores". Signature was: {signature}',
        )
    return aliases


def _regress_aliases(signature: Any) -> list[str]:
    _input(signature, "regression")
    if len(signature.outputs) != 1:
        raise invalid("Expected one output Tensor.")
    if "outputs" not in signature.outputs:
        raise ServingError(
            Code.FAILED_PRECONDITION, f"No regression outputs found in SignatureDef: {signature}"
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
    api = "Classify" if signature.method_name == CLASSIFY else "Regress"
    feeds = {_input(signature, ""): strings(examples)}
    results = _ran(servable, api, feeds, names, timeout_ms, len(examples))
    return dict(zip(aliases, results, strict=True))


def _ran(
    servable: Servable,
    api: str,
    feeds: Mapping[str, Array],
    names: Sequence[str],
    timeout_ms: int,
    examples: int = 0,
) -> list[Array]:
    """Run the graph, and tell whoever watches the model how long that took."""
    begun = time.perf_counter()
    results = servable.run(feeds, names, timeout_ms)
    _tell(servable, api, begun, examples)
    return results


def _tell(servable: Servable, api: str, begun: float, examples: int = 0) -> None:
    if servable.observer is not None:
        servable.observer.ran(servable.model, api, time.perf_counter() - begun, examples)


def _classes(results: Mapping[str, Array], count: int) -> list[Classes]:
    labels, scores = results.get("classes"), results.get("scores")
    for name, array, dtype in (
        ("classes", labels, dtypes.STRING),
        ("scores", scores, dtypes.FLOAT),
    ):
        if array is None:
            continue
        if array.ndim != 2:
            raise invalid(
                f"Expected Tensor shape: [batch_size num_classes] but got {_shape(array)}"
            )
        if dtypes.of_array(array) is not dtype:
            raise invalid(
                f"Expected {name} Tensor of {dtype.proto_name}. "
                f"Got: {dtypes.of_array(array).proto_name}"
            )
        if len(array) != count:
            raise invalid(f"Expected {name} output batch size of {count}. Got: {len(array)}")
    if labels is not None and scores is not None and labels.shape != scores.shape:
        raise invalid(
            "Tensors class and score should match in dim_size(1). "
            f"Got {labels.shape[1]} vs. {scores.shape[1]}"
        )
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
    if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):
        raise invalid(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            f"{_shape(array)}"
        )
    if len(array) != count:
        raise invalid(f"Input batch size did not match output batch size: {count} vs. {len(array)}")
    if dtypes.of_array(array) is not dtypes.FLOAT:
        raise invalid(
            f"Expected output Tensor of DT_FLOAT.  Got: {dtypes.of_array(array).proto_name}"
        )
    return [float(value) for value in array.ravel().tolist()]


def _shape(array: Array) -> str:
    """A shape as TensorFlow writes it."""
    return f"[{','.join(map(str, array.shape))}]"
