"""A model as this room sees it: its signatures, with their tensors by alias."""

from __future__ import annotations

from dataclasses import dataclass

from deepcat.openapi.card import BLANK, Card

DEFAULT = "serving_default"


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a signature.

    Attributes:
        name: its alias.
        dtype: of its elements, by NumPy's name; ``string`` for bytes.
        shape: -1 for a dimension of any size; None for a shape of any rank.
        default: whether a request may leave it out.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] | None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature takes and gives.

    Attributes:
        name: its name.
        method: ``predict``, ``classify`` or ``regress``.
        inputs: sorted by alias.
        outputs: sorted by alias.
    """

    name: str
    method: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is served.

    Attributes:
        name: under which it is asked.
        signatures: all that it has.
        card: what is told of it.
    """

    name: str
    signatures: tuple[Signature, ...]
    card: Card = BLANK

    @property
    def first(self) -> Signature | None:
        """The signature of protocols that know one alone: the default, else the first by name."""
        named = {each.name: each for each in self.signatures}
        return named.get(DEFAULT) or (named[min(named)] if named else None)
