"""What a model's predict takes and gives by DEEPaaS' API, from its signature and card. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from deepcat.openapi.card import Card, is_file, named_media, request_media, response_media
from deepcat.serving.contract.dtypes import DType
from deepcat.serving.models.signatures import Signature, Tensor

Kind = Literal["file", "integer", "number", "boolean", "string"]
_KINDS: dict[str, Kind] = {"string": "string", "bool": "boolean"}
_DECIMALS = ("float", "double", "half", "bfloat16")
JSON = "application/json"
ANY = "*/*"
# The argument by which a signature is chosen.
SIGNATURE = "signature_name"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of predict: an input of the signature.

    Attributes:
        tensor: the input.
        kind: of its elements.
        depth: how many lists they lie in; None for any number.
        description: for people; it names an image, audio or video as such.
        required: whether a request must have it.
    """

    tensor: Tensor
    kind: Kind
    depth: int | None
    description: str
    required: bool

    @property
    def name(self) -> str:
        """The input's alias."""
        return self.tensor.name


@dataclass(frozen=True, slots=True)
class Predict:
    """What predict takes and gives.

    Attributes:
        signature: that it runs.
        arguments: what it takes, in order.
        binary: the outputs that are files.
        accepts: what an answer may be, the first where nothing is said; empty for JSON alone.
        descriptions: of the outputs, by alias.
    """

    signature: Signature
    arguments: tuple[Argument, ...]
    binary: tuple[str, ...]
    accepts: tuple[str, ...]
    descriptions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Offered:
    """What a model's predict offers: a choice of signatures, where it has several.

    Attributes:
        predicts: signature -> what predict takes and gives by it; the first where none is named.
        arguments: of all of them, in order; required is what each requires.
        accepts: as `Predict` has it, of all of them.
    """

    predicts: Mapping[str, Predict]
    arguments: tuple[Argument, ...]
    accepts: tuple[str, ...]

    @property
    def first(self) -> Predict:
        """What is run where a request names no signature."""
        return next(iter(self.predicts.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """What `SIGNATURE` may say; none where there is no choice."""
        return tuple(self.predicts) if len(self.predicts) > 1 else ()


def offered(signatures: Sequence[Signature], card: Card) -> Offered:
    """Make signatures DEEPaaS' predict.

    Args:
        signatures: the first is run where a request names none. Where one of them has an input that
            is called as the argument by which they are chosen, it alone is offered.
        card: what is told of the model.
    """
    if any(tensor.name == SIGNATURE for each in signatures for tensor in each.inputs):
        signatures = signatures[:1]
    predicts = {each.name: predict_of(each, card) for each in signatures}
    named: dict[str, Argument] = {}
    for argument in (each for predict in predicts.values() for each in predict.arguments):
        named.setdefault(argument.name, argument)
    by_all = set.intersection(
        *({each.name for each in one.arguments if each.required} for one in predicts.values())
    )
    arguments = (replace(named[name], required=name in by_all) for name in sorted(named))
    kinds = {kind for predict in predicts.values() for kind in predict.accepts[1:]}
    accepts = (JSON, *sorted(kinds)) if kinds else ()
    return Offered(predicts, tuple(arguments), accepts)


def predict_of(signature: Signature, card: Card) -> Predict:
    """Make a signature DEEPaaS' predict."""
    files: dict[str, frozenset[str]] = {}
    for tensor in signature.outputs:
        if is_file(tensor.name, tensor.dtype.name, card, of_input=False):
            files[tensor.name] = response_media(card, tensor.name) or frozenset()
    kinds = sorted({each for media in files.values() for each in media})
    return Predict(
        signature,
        tuple(_argument(tensor, card) for tensor in signature.inputs),
        tuple(files),
        (JSON, *(kinds or ["application/octet-stream"])) if files else (),
        {
            tensor.name: _description(tensor, card.outputs, files.get(tensor.name))
            for tensor in signature.outputs
        },
    )


def _argument(tensor: Tensor, card: Card) -> Argument:
    holds_files = is_file(tensor.name, tensor.dtype.name, card, of_input=True)
    media = request_media(card, tensor.name) if holds_files else None
    return Argument(
        tensor,
        "file" if holds_files else kind_of(tensor.dtype),
        None if tensor.shape is None else len(tensor.shape),
        _description(tensor, card.inputs, media),
        required=not tensor.default,
    )


def kind_of(dtype: DType) -> Kind:
    """What JSON calls an element of this type."""
    decimal: Kind = "number" if dtype.name in _DECIMALS else "integer"
    return _KINDS.get(dtype.name, decimal)


def _description(tensor: Tensor, texts: Mapping[str, str], media: frozenset[str] | None) -> str:
    told = named_media(texts.get(tensor.name, ""), media or ())
    shape = "" if tensor.shape is None else f" of shape {list(tensor.shape)}"
    return told or f"{tensor.dtype.name}{shape}"
