"""The model that a new module begins with: an archive, its signature, a request. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.reading.archive import read
from deepcat.catalog.reading.served import SAVED_MODEL, form, signatures
from deepcat.errors import UsageError

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
_LARGEST_EXAMPLE = 10_000
_ZEROS: Mapping[str, Any] = {"string": "", "bool": False}


@dataclass(frozen=True, slots=True)
class Model:
    """A model's archive that a module begins with.

    Attributes:
        file: its name.
        content: the archive.
        signature: as `module.yaml` has it.
        format: the same.
    """

    file: str
    content: bytes
    signature: Mapping[str, Any]
    format: str = SAVED_MODEL

    @property
    def sha256(self) -> str:
        """The archive's checksum."""
        return hashlib.sha256(self.content).hexdigest()


def take_in(name: str, content: bytes) -> Model:
    """An archive as the module will hold it.

    Raises:
        UsageError: it is no archive of a SavedModel, or of a `model.tflite`.
    """
    ending = next((ending for ending in ARCHIVES if name.endswith(ending)), "")
    contents = read(name, content)
    if contents.faults or not form(contents):
        fault = contents.faults[0] if contents.faults else "it holds no saved_model.pb"
        hint = "pack the folder that holds `saved_model.pb`: tar -czf model.tar.gz -C FOLDER ."
        raise UsageError(f"`{name}` will not do as a model: {fault}", hint=hint)
    try:
        signature = signatures(contents)
    except ValueError as error:
        raise UsageError(f"the model in `{name}` cannot be read: {error}") from None
    return Model(f"model{ending}", content, signature, form(contents))


def example_request(signature: Mapping[str, Any]) -> dict[str, Any] | None:
    """A request of the right form, all zeros and empty texts; None when none can be made small."""
    usable = {name: known for name, known in signature.items() if known["method"] == "predict"}
    name = "serving_default" if "serving_default" in usable else next(iter(usable), "")
    if not name:
        return None
    values = {key: _zeros(tensor) for key, tensor in usable[name]["inputs"].items()}
    if len(json.dumps(values)) > _LARGEST_EXAMPLE:
        return None
    chosen = {} if name == "serving_default" else {"signature_name": name}
    return {**chosen, "inputs": next(iter(values.values())) if len(values) == 1 else values}


def _zeros(tensor: Mapping[str, Any]) -> Any:
    value = _ZEROS.get(tensor["dtype"], 0 if "int" in tensor["dtype"] else 0.0)
    total = 1
    for size in reversed(tensor["shape"]):
        length = 1 if size < 0 else size
        total *= max(length, 1)
        if total > _LARGEST_EXAMPLE:
            return "0" * _LARGEST_EXAMPLE * 2
        value = [value] * length
    return value
