"""What the protocol asks of the core, by REST as by gRPC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.models import inference, signatures
from deepcat.serving.models.manager import Models
from deepcat.serving.models.signatures import Signature, Tensor
from deepcat.serving.models.versions import State
from deepcat.serving.server.openinference.tensors import datatype

PLATFORM = "tensorflow_savedmodel"
EXTENSIONS = ("binary_tensor_data",)
# A parameter of a request that names the signature; the default where there is none.
SIGNATURE = "signature_name"


@dataclass(frozen=True, slots=True)
class Inferred:
    """The outputs of an inference, in order, and the version that made them."""

    version: int
    outputs: dict[str, Array]


def version_of(text: str) -> int | None:
    """A version as the protocol writes it; None for the largest.

    Raises:
        ServingError: INVALID_ARGUMENT; it is no number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= 2**63:
        raise invalid(f"{text[:40]!r} is no version")
    return int(text)


def is_ready(models: Models, name: str, version: int | None) -> bool:
    """Whether a model's version can be asked.

    Raises:
        ServingError: NOT_FOUND; no such model is served.
    """
    if name not in models.configs:
        raise ServingError(Code.NOT_FOUND, f"no model {name[:80]!r} is served")
    try:
        with models.use(name, version):
            return True
    except ServingError:
        return False


def are_ready(models: Models) -> bool:
    """Whether every model that is wanted can be asked."""
    return all(is_ready(models, name, None) for name in models.configs)


def metadata(models: Models, name: str, version: int | None) -> dict[str, Any]:
    """A model's name, versions, inputs and outputs.

    Raises:
        ServingError: NOT_FOUND, or UNIMPLEMENTED for types that the protocol has no name of.
    """
    with models.use(name, version) as servable:
        found = signatures.first(servable)
    return {
        "name": name,
        "versions": _versions(models, name),
        "platform": PLATFORM,
        "inputs": [_told(tensor) for tensor in found.inputs],
        "outputs": [_told(tensor) for tensor in found.outputs],
    }


def infer(
    models: Models,
    name: str,
    version: int | None,
    read: Callable[[Signature], tuple[dict[str, Array], Sequence[str]]],
    *,
    signature_name: str = "",
    timeout_ms: int = 0,
) -> Inferred:
    """Evaluate a signature.

    Args:
        models: the table of models.
        name: of the model.
        version: None for the largest.
        read: the inputs by name and the wanted outputs, none for all, once the signature is known.
        signature_name: empty for the default.
        timeout_ms: 0 for no bound.

    Raises:
        ServingError: as TensorFlow Serving.
    """
    with models.use(name, version) as servable:
        if signature_name:
            try:
                found = signatures.signature(servable, signature_name)
            except KeyError:
                raise invalid(f"no signature {signature_name[:80]!r} in {name}") from None
        else:
            found = signatures.first(servable)
        inputs, wanted = read(found)
        outputs = inference.predict(servable, found.name, inputs, wanted, timeout_ms)
        return Inferred(servable.version, outputs)


def input_of(signature: Signature, name: Any) -> Tensor:
    """The input of that name.

    Raises:
        ServingError: INVALID_ARGUMENT; there is none.
    """
    for tensor in signature.inputs:
        if tensor.name == name:
            return tensor
    known = ", ".join(tensor.name for tensor in signature.inputs)
    raise invalid(f"unexpected input {str(name)[:80]!r}; the inputs are {known}")


def _versions(models: Models, name: str) -> list[str]:
    found = (each for each in models.statuses(name) if each.state is State.AVAILABLE)
    return [str(each.version) for each in found]


def _told(tensor: Tensor) -> dict[str, Any]:
    # A shape of any rank has no word; the one of any size comes nearest.
    shape = [-1] if tensor.shape is None else list(tensor.shape)
    return {"name": tensor.name, "datatype": datatype(tensor.dtype), "shape": shape}
