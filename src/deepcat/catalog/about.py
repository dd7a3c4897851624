"""What a server and the website tell of a module's model: its card, and its signatures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.values import Module
from deepcat.openapi.card import card_of
from deepcat.openapi.values import Model, Signature, Tensor


def about(module: Module) -> dict[str, Any]:
    """A module's card as plain data, as `deepcat.openapi.card.card_of` reads it."""
    data = module.data
    authors = (_mapping(each).get("name") for each in data.get("authors") or ())
    return {
        "title": data.get("title") or "",
        "description": data.get("description") or data.get("summary") or "",
        "version": module.version,
        "license": data.get("license") or "",
        "author": ", ".join(str(name) for name in authors if name),
        "url": _mapping(data.get("links")).get("source_code") or "",
        "inputs": dict(_texts(module, "inputs")),
        "outputs": dict(_texts(module, "outputs")),
        "samples": [
            {
                "name": sample.name,
                "method": sample.method,
                "request": sample.request,
                "response": sample.response,
                "tolerance": sample.tolerance,
            }
            for sample in module.samples
        ],
    }


def described(module: Module) -> Model | None:
    """A module's model as its file declares it; None where it declares no signature."""
    if module.model is None or not module.model.signature:
        return None
    signatures = tuple(
        Signature(
            str(name),
            str(_mapping(each).get("method", "predict")),
            *(_tensors(_mapping(each).get(direction)) for direction in ("inputs", "outputs")),
        )
        for name, each in module.model.signature.items()
    )
    return Model(module.name, signatures, card_of(about(module)))


def _tensors(tensors: Any) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(str(name), str(_mapping(each).get("dtype", "")), _shape(_mapping(each).get("shape")))
        for name, each in sorted(_mapping(tensors).items())
    )


def _shape(shape: Any) -> tuple[int, ...] | None:
    return tuple(shape) if isinstance(shape, list | tuple) else None


def _texts(module: Module, direction: str) -> Iterator[tuple[str, str]]:
    for signature in (module.model.signature if module.model else {}).values():
        for name, each in _mapping(_mapping(signature).get(direction)).items():
            if text := _mapping(each).get("description"):
                yield str(name), str(text)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
