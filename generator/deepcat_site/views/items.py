"""What a sample asks about, item by item, with what is answered: a value of each tensor. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from deepcat.catalog.values import Module, Sample
from deepcat_site.views.read import mapping

Values = Mapping[str, Any]


class Item(NamedTuple):
    """One of the things that a sample asks about.

    Attributes:
        inputs: value of each input, by name.
        outputs: value of each output that is answered, by name.
    """

    inputs: Values
    outputs: Values


def signature(module: Module, sample: Sample) -> Mapping[str, Any]:
    """The signature that a sample asks; empty where the module declares none of its name."""
    known = module.model.signature if module.model else {}
    name = mapping(sample.request).get("signature_name")
    if isinstance(name, str):
        return mapping(known.get(name))
    default = known.get("serving_default")
    return mapping(default if default is not None else next(iter(known.values()), {}))


def items(module: Module, sample: Sample) -> tuple[Item, ...]:
    """What a sample asks about, in order, each with its answer; empty where there is neither.

    A body by rows (``instances``, ``examples``) and one by columns (``inputs``) give the same.
    """
    spec = signature(module, sample)
    asked = _asked(mapping(sample.request), tuple(mapping(spec.get("inputs"))))
    given = _answered(mapping(sample.response), tuple(mapping(spec.get("outputs"))))
    count = max(len(asked), len(given))
    pad: list[Values] = [{}]
    asked, given = asked + pad * (count - len(asked)), given + pad * (count - len(given))
    return tuple(map(Item, asked, given))


def is_scalar(value: Any) -> bool:
    """Whether a value is neither a list nor a mapping."""
    return isinstance(value, str | int | float)


def _asked(body: Mapping[str, Any], names: Sequence[str]) -> list[Values]:
    if isinstance(body.get("examples"), list):
        shared = mapping(body.get("context"))
        return [{**shared, **mapping(each)} for each in body["examples"]]
    if "inputs" in body:
        return _columns(body["inputs"], names)
    return [_named(row, names) for row in _list(body.get("instances"))]


def _answered(body: Mapping[str, Any], names: Sequence[str]) -> list[Values]:
    if isinstance(body.get("results"), list):
        return [_result(each) for each in body["results"]]
    if "outputs" in body:
        return _columns(body["outputs"], names)
    return [_named(row, names) for row in _list(body.get("predictions"))]


def _result(result: Any) -> Values:
    """What is answered of an example: a number, or its classes with their scores."""
    pairs = [each for each in _list(result) if isinstance(each, list) and len(each) == 2]
    if len(pairs) == 1 and not pairs[0][0]:
        return {"result": pairs[0][1]}  # one class without a label is a number
    return {"classes": pairs} if pairs else {"result": result}


def _columns(body: Any, names: Sequence[str]) -> list[Values]:
    named = body if isinstance(body, Mapping) and "b64" not in body else {_first(names): body}
    lists = [column for column in named.values() if isinstance(column, list)]
    count = max(map(len, lists), default=1 if named else 0)
    return [
        {
            name: column[at] if isinstance(column, list) else column
            for name, column in named.items()
            if not isinstance(column, list) or at < len(column)
        }
        for at in range(count)
    ]


def _named(row: Any, names: Sequence[str]) -> Values:
    return row if isinstance(row, Mapping) and "b64" not in row else {_first(names): row}


def _first(names: Sequence[str]) -> str:
    return names[0] if names else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
