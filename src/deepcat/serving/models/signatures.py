"""A signature as values: its tensors by alias, with their types and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import DType
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.models.servable import DEFAULT_SIGNATURE, Servable


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a signature.

    Attributes:
        name: its alias.
        dtype: of its elements.
        shape: -1 for a dimension of any size; None for a shape of any rank.
        default: whether the signature has a value for it where a request has none.
    """

    name: str
    dtype: DType
    shape: tuple[int, ...] | None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature takes and gives, each sorted by alias."""

    name: str
    method: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def first(servable: Servable) -> Signature:
    """The signature for protocols that know one alone: the default, else the first by name.

    Raises:
        ServingError: the model has none, or one whose tensors no protocol carries.
    """
    if DEFAULT_SIGNATURE in servable.signatures:
        return signature(servable, DEFAULT_SIGNATURE)
    if not servable.signatures:
        raise ServingError(Code.FAILED_PRECONDITION, f"{servable.model} has no signature")
    return signature(servable, min(servable.signatures))


def all_of(servable: Servable) -> tuple[Signature, ...]:
    """The signatures for protocols that name one, `first` before the others, which go by name.

    Those of them that have tensors which no protocol carries are left out.

    Raises:
        ServingError: as `first`.
    """
    found = [first(servable)]
    for name in sorted({*servable.signatures} - {found[0].name}):
        with suppress(ServingError):
            found.append(signature(servable, name))
    return tuple(found)


def signature(servable: Servable, name: str) -> Signature:
    """A signature of a model by its name.

    Raises:
        KeyError: there is none.
        ServingError: a tensor of it has a type that no protocol carries.
    """
    found = servable.signature(name)
    defaults = frozenset(getattr(found, "defaults", ()))
    inputs = _tensors(found.inputs, defaults)
    return Signature(name, found.method_name, inputs, _tensors(found.outputs))


def _tensors(
    infos: Mapping[str, Any], defaults: frozenset[str] = frozenset()
) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(alias, _dtype(infos[alias], alias), _shape(infos[alias]), alias in defaults)
        for alias in sorted(infos)
    )


def _dtype(info: Any, alias: str) -> DType:
    # A reference to a variable has its value's number and a hundred more.
    found = dtypes.BY_NUMBER.get(info.dtype % 100)
    if found is None or (not found.numpy and found.name != "bfloat16"):
        raise ServingError(Code.UNIMPLEMENTED, f"{alias} has a type that no request carries")
    return found


def _shape(info: Any) -> tuple[int, ...] | None:
    if info.tensor_shape.unknown_rank:
        return None
    return tuple(int(dim.size) for dim in info.tensor_shape.dim)
