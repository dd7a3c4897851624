"""REST request bodies to arrays, by TensorFlow Serving's rules and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from deepcat.serving.contract.arrays import Column, is_base64, walked_array
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.jsontext import Repeated, parse_object, show
from deepcat.serving.contract.quick import quick_body
from deepcat.serving.contract.status import ServingError, invalid

Format = Literal["row", "columnar"]
Inputs = Mapping[str, DType]


class PredictBody(NamedTuple):
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
    # A truth value among numbers would pass as a number. One letter is found sooner than a word.
    truth = (b"r" in body and b"true" in body) or (b"f" in body and b"false" in body)
    if not truth:
        quick = quick_body(body, inputs_of)
        if quick is not None:
            form: Format = "row" if quick.key == "instances" else "columnar"
            return PredictBody(quick.signature_name, form, quick.tensors)
    document = parse_object(body)
    name = signature_name(document)
    inputs = inputs_of(name)
    if not inputs:
        raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    if "instances" in document:
        if "inputs" in document:
            raise invalid(
                f"JSON Value: {show(document)} Not formatted correctly expecting only one of "
                "'inputs' or 'instances' keys to exist "
            )
        return PredictBody(name, "row", _rows(document, inputs))
    if "inputs" in document:
        return PredictBody(name, "columnar", _columns(document["inputs"], inputs))
    raise invalid("Missing 'inputs' or 'instances' key")


def _rows(document: Mapping[str, Any], inputs: Inputs) -> dict[str, Array]:
    instances = document["instances"]
    if not isinstance(instances, list):
        raise invalid(f"JSON Value: {show(document)} Excepting 'instances' to be an list/array")
    if not instances:
        raise invalid(f"JSON Value: {show(document)} No values in 'instances' array")
    if not _is_named(instances[0]) and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    if _is_named(instances[0]):
        return _named_rows(instances, inputs)
    ((name, dtype),) = inputs.items()
    column = Column(dtype)
    for index, element in enumerate(instances):
        if _is_named(element):
            raise invalid(f"Expecting value/list but got object at item {index} of input list")
        try:
            column.add(element)
        except ServingError as error:
            raise _in_element(error, index) from error
    return {name: column.array()}


def _named_rows(instances: list[Any], inputs: Inputs) -> dict[str, Array]:
    columns = {name: Column(dtype) for name, dtype in inputs.items()}
    for index, element in enumerate(instances):
        if not _is_named(element):
            raise invalid(f"Expecting object but got list at item {index} of input list")
        for name, value in element.items():
            if isinstance(element, Repeated) and name in columns:
                raise invalid(f"tensor parsing error: {name}")
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


def _columns(value: Any, inputs: Inputs) -> dict[str, Array]:
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
        tensors[name] = walked_array(value[name], dtype)
    return tensors


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _in_element(error: ServingError, index: int, key: str = "") -> ServingError:
    where = f"{index} key: {key}" if key else f"{index}"
    return invalid(
        f"Failed to process element: {where} of 'instances' list. "
        f"Error: {error.code.name}: {error.message}"
    )
