"""How a signature is evaluated, worked out once: where a request gives all of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import ServingError
from deepcat.serving.engine.session import Runner
from deepcat.serving.models.servable import (
    CLASSIFY,
    DEFAULT_SIGNATURE,
    PREDICT,
    REGRESS,
    Servable,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a signature is evaluated where a request gives all of its inputs, and wants all outputs.

    Attributes:
        inputs: their aliases, in the order in which they are fed, and the shape that each must
            have, -1 for any size; None for any shape.
        outputs: their aliases, in the order in which they come.
        run: runs the graph.
    """

    inputs: dict[str, tuple[int, ...] | None]
    outputs: tuple[str, ...]
    run: Runner


def kept(servable: Servable, name: str) -> Plan | None:
    """The plan of a signature, made once; None where there can be none, which `predict` words."""
    signature = servable.signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None or signature.method_name not in (PREDICT, CLASSIFY, REGRESS):
        return None
    inputs, outputs = sorted(signature.inputs.items()), sorted(signature.outputs.items())
    feeds = tuple(info.name for _, info in inputs)
    fetches = tuple(info.name for _, info in outputs)
    if not all((*feeds, *fetches)) or len(set(feeds)) != len(feeds):
        return None
    try:
        run = servable.runner(feeds, fetches)
    except ServingError:
        return None
    shapes = {alias: _required(info.tensor_shape) for alias, info in inputs}
    plan = Plan(shapes, tuple(alias for alias, _ in outputs), run)
    servable.plans[name] = plan
    return plan


def _required(shape: Any) -> tuple[int, ...] | None:
    """The shape that an input must have, as `inference` requires it."""
    if shape.unknown_rank or len(shape.dim) < 2:
        return None
    return tuple(dim.size for dim in shape.dim)


def given(plan: Plan, inputs: Mapping[str, Array]) -> list[Array] | None:
    """The arrays in the plan's order; None where they are not just what it needs."""
    if len(inputs) != len(plan.inputs):
        return None
    arrays = []
    for alias, wanted in plan.inputs.items():
        array = inputs.get(alias)
        if array is None:
            return None
        if wanted is not None and array.shape != wanted:
            shape = array.shape
            if len(shape) != len(wanted):
                return None
            for size, most in zip(shape, wanted, strict=True):
                if most not in (size, -1):
                    return None
        arrays.append(array)
    return arrays
