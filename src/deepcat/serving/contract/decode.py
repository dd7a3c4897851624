"""REST request bodies to arrays, by TensorFlow Serving's rules and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deepcat.serving.contract.arrays import Column, is_base64, quick_array, walked_array
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.jsontext import parse_object, show
from deepcat.serving.contract.status import ServingError, invalid

Format = Literal["row", "columnar"]
Inputs = Mapping[str, DType]


@dataclass(frozen=True, slots=True)
class PredictBody:
    """What a ``:predict`` body says."""

    signature_name: str
    format: Format
    tensors: dict[str, Array]


def signature_name(document: Mapping[str, Any]) -> str:
    """The signature that a body asks for; empty when it names none.

    Raises:
        ServingError: it is no string.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {show(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def predict_body(body: bytes, inputs_of: Callable[[str], Inputs]) -> PredictBody:
    """Read a ``:predict`` body; `inputs_of` gives a signature's inputs.

    Raises:
        ServingError: INVALID_ARGUMENT, worded as TensorFlow Serving does.
    """
    document = parse_object(body)
    name = signature_name(document)
    inputs = inputs_of(name)
    if not inputs:
        raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    # A truth value among numbers would pass through NumPy as a number.
    plain = b"true" not in body and b"false" not in body
    if "instances" in document:
        if "inputs" in document:
            raise invalid(
                f"JSON Value: {show(document)} Not formatted correctly expecting only one of "
                "'inputs' or 'instances' keys to exist "
            )
        return PredictBody(name, "row", _rows(document, inputs, plain))
    if "inputs" in document:
        return PredictBody(name, "columnar", _columns(document["inputs"], inputs, plain))
    raise invalid("Missing 'inputs' or 'instances' key")


def _rows(document: Mapping[str, Any], inputs: Inputs, plain: bool) -> dict[str, Array]:
    instances = document["instances"]
    if not isinstance(instances, list):
        raise invalid(f"JSON Value: {show(document)} Excepting 'instances' to be an list/array")
    if not instances:
        raise invalid(f"JSON Value: {show(document)} No values in 'instances' array")
    if not isinstance(instances[0], dict) and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    if _is_named(instances[0]):
        return _named_rows(instances, inputs, plain)
    ((name, dtype),) = inputs.items()
    quick = quick_array(instances, dtype) if plain else None
    if quick is not None:
        return {name: quick}
    column = Column(dtype)
    for index, element in enumerate(instances):
        if _is_named(element):
            raise invalid(f"Expecting value/list but got object at item {index} of input list")
        try:
            column.add(element)
        except ServingError as error:
            raise _in_element(error, index) from error
    return {name: column.array()}


def _named_rows(instances: list[Any], inputs: Inputs, plain: bool) -> dict[str, Array]:
    if plain and all(type(row) is dict and row.keys() == inputs.keys() for row in instances):
        tensors: dict[str, Array] = {}
        for name, dtype in inputs.items():
            quick = quick_array([row[name] for row in instances], dtype)
            if quick is None:
                break
            tensors[name] = quick
        else:
            return tensors
    columns = {name: Column(dtype) for name, dtype in inputs.items()}
    for index, element in enumerate(instances):
        if not _is_named(element):
            raise invalid(f"Expecting object but got list at item {index} of input list")
        for name, value in element.items():
            try:
                if name not in columns:
                    raise invalid(f"JSON object: does not have named input: {name}")
                columns[name].add(value)
            except ServingError as error:
                raise _in_element(error, index, name) from error
        if element.keys() != columns.keys():
            raise invalid(
                f"Failed to process element: {index} of 'instances' list. JSON object: "
                f"{show(element)} keys must be equal to: {','.join(sorted(columns))}"
            )
    return {name: column.array() for name, column in columns.items()}


def _columns(value: Any, inputs: Inputs, plain: bool) -> dict[str, Array]:
    if not _is_named(value):
        if len(inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        value = {next(iter(inputs)): value}
    tensors: dict[str, Array] = {}
    for name, dtype in inputs.items():
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        quick = quick_array(value[name], dtype) if plain else None
        if quick is None:
            quick = walked_array(value[name], dtype)
        tensors[name] = quick
    return tensors


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _in_element(error: ServingError, index: int, key: str = "") -> ServingError:
    where = f"{index} key: {key}" if key else f"{index}"
    return invalid(
        f"Failed to process element: {where} of 'instances' list. "
        f"Error: {error.code.name}: {error.message}"
    )
