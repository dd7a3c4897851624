"""Bodies of samples that are too long for a module's document: each is a file beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.values import LONG_BODY, Module, Sample

PARTS = ("request", "response")


def bodies(sample: Sample) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A sample's parts, `request` and `response`, with their bodies."""
    return zip(PARTS, (sample.request, sample.response), strict=True)


def is_long(body: Mapping[str, Any]) -> bool:
    """Whether a body is published by itself."""
    return len(json.dumps(body, ensure_ascii=False)) > LONG_BODY


def path_of(module: str, number: int, part: str) -> str:
    """Where a long body lies below the website's root.

    Args:
        module: the module's name.
        number: of the sample, from 1.
        part: ``request`` or ``response``.
    """
    return f"api/v1/modules/{module}/samples/{number}.{part}.json"


def long_bodies(module: Module) -> dict[str, Mapping[str, Any]]:
    """Every long body by its path below the website's root."""
    return {
        path_of(module.name, number, part): body
        for number, sample in enumerate(module.samples, 1)
        for part, body in bodies(sample)
        if is_long(body)
    }
