"""What a module's examples ask: the best sample's request, else a sketch. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from deepcat.catalog.values import Module
from deepcat_site.views.read import mapping

# A body that is longer, as JSON, is read from a file.
LONG = 1_200
_SKETCH = 64


class Asked(NamedTuple):
    """A request of a module.

    Attributes:
        module: its name.
        method: ``predict``, ``classify`` or ``regress``.
        body: TensorFlow Serving's.
        signature: the name of the signature that is asked.
        inputs: of that signature, as the module declares them.
        sample: the sample's number, from 1; 0 for a sketch.
    """

    module: str
    method: str
    body: Mapping[str, Any]
    signature: str
    inputs: Mapping[str, Any]
    sample: int

    @property
    def is_long(self) -> bool:
        """Whether the body stands in a file of its own."""
        return len(dump(self.body)) > LONG

    @property
    def columns(self) -> Mapping[str, Any]:
        """One value for each input."""
        return columns(self.body, tuple(self.inputs))


def dump(body: Any) -> str:
    """JSON on one line."""
    return json.dumps(body, ensure_ascii=False)


def asked(module: Module, method: str = "") -> Asked | None:
    """The best example: a short sample, else any, else a sketch of nothing but zeros.

    Args:
        module: with its samples.
        method: the only one that will do; empty for any.
    """
    known = module.model.signature if module.model else {}
    found = [
        (number, sample)
        for number, sample in enumerate(module.samples, 1)
        if method in ("", sample.method)
    ]
    if found:
        number, sample = min(found, key=lambda each: len(dump(each[1].request)) > LONG)
        name = str(mapping(sample.request).get("signature_name") or _default(known))
        inputs = mapping(mapping(known.get(name)).get("inputs"))
        return Asked(module.name, sample.method, sample.request, name, inputs, number)
    for name, signature in known.items():
        spec = mapping(signature)
        if method in ("", str(spec.get("method", "predict"))):
            return _sketch(module.name, str(name), spec)
    return None


def columns(body: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """A body of TensorFlow Serving's ``:predict`` as one value for each input."""
    alone = names[0] if len(names) == 1 else ""
    inputs, rows = body.get("inputs"), body.get("instances")
    if isinstance(inputs, Mapping):
        return inputs
    if inputs is not None and alone:
        return {alone: inputs}
    if isinstance(rows, list) and rows and all(_has(row, names) for row in rows):
        return {name: [row[name] for row in rows] for name in names}
    return {alone: rows} if rows and alone else {name: [] for name in names}


def _has(row: Any, names: Sequence[str]) -> bool:
    return isinstance(row, Mapping) and all(name in row for name in names)


def _default(known: Mapping[str, Any]) -> str:
    return "serving_default" if "serving_default" in known else next(iter(known), "serving_default")


def _sketch(module: str, name: str, signature: Mapping[str, Any]) -> Asked:
    inputs = mapping(signature.get("inputs"))
    method = str(signature.get("method", "predict"))
    body: dict[str, Any] = {} if name == "serving_default" else {"signature_name": name}
    if method == "predict":
        body["inputs"] = {str(key): _zeros(mapping(spec)) for key, spec in inputs.items()}
    else:
        body["examples"] = [{}]
    return Asked(module, method, body, name, inputs, 0)


def _zeros(spec: Mapping[str, Any]) -> Any:
    """A value that a tensor may have: zeros, and one of each size that is free."""
    shape = spec.get("shape")
    sizes = [size for size in shape if isinstance(size, int)] if isinstance(shape, list) else []
    value: Any = {"string": "", "bool": False}.get(str(spec.get("dtype")), 0)
    for size in reversed(sizes):
        value = [value] * min(max(1, size), _SKETCH)
    return value
