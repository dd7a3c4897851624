"""TOSCA's functions on text, where it is known; else `Deferred` ones. Pure."""

from __future__ import annotations

from typing import Any

from deepcat.tosca.evaluating.primitives import as_text, is_deferred
from deepcat.tosca.topology import Deferred


def concat(items: list[Any]) -> Any:
    """All texts after each other; what stands side by side and is known is put together."""
    merged: list[Any] = []
    for item in items:
        if isinstance(item, Deferred):
            merged.append(item)
        elif merged and isinstance(merged[-1], str):
            merged[-1] += as_text(item)
        else:
            merged.append(as_text(item))
    if any(isinstance(item, Deferred) for item in merged):
        return Deferred("concat", tuple(merged))
    return "".join(merged)


def join(items: list[Any], delimiter: str) -> Any:
    """All texts with a delimiter between them."""
    if is_deferred(items):
        return Deferred("join", (items, delimiter))
    return delimiter.join(as_text(item) for item in items)


def token(text: Any, separators: str, index: int) -> Any:
    """The part with a number, from 0, between any of the separators; None where there is none."""
    if is_deferred(text):
        return Deferred("token", (text, separators, index))
    plain = as_text(text)
    for separator in separators[1:]:
        plain = plain.replace(separator, separators[0])
    parts = plain.split(separators[0])
    return parts[index] if index < len(parts) else None
