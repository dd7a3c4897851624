"""The signature that a module gives is the one that its model has.

Why:
    The page, the try-it form and the samples are all made from what stands in `module.yaml`; if the
    model takes something else, none of them works.
Mend:
    Write the signature as the hint gives it, or pack the right model.
Bad:
    # the model takes shape [-1, 4]
    inputs: {x: {dtype: float32, shape: [-1]}}
Good:
    inputs: {x: {dtype: float32, shape: [-1, 4]}}
"""

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.served import form, signatures, unasked
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import listed, nearest, shown


@unit_rule(__doc__, "model/signature-differs", UnitKind.MODULE, needs="model")
def differs(view: View) -> Iterator[Flaw]:
    """Every signature, where the archive lies in the folder and can be read."""
    model = view.data["model"]
    name, given = model.get("path", ""), model.get("signature") or {}
    found = contents(view) if given else None
    if found is None or not form(found):
        return
    try:
        actual = signatures(found)
    except ValueError as error:
        message = f"the model in `{name}` cannot be read: {error}"
        yield Flaw(view.place("model", "path"), message, "save and pack the model anew")
        return
    for key, signature in given.items():
        if key not in actual and key in unasked(found):
            continue  # told by model/served
        if key not in actual:
            likely = nearest(key, actual)
            has = f"it has {listed(actual) or 'none that requests can ask'}"
            hint = f"did you mean `{likely}`?" if likely else has
            place = view.place("model", "signature", key)
            yield Flaw(place, f"the model has no signature {shown(key)}", hint)
        elif isinstance(signature, dict):
            yield from _compare(view, key, signature, actual[key])


def _compare(
    view: View, key: str, given: Mapping[str, Any], actual: Mapping[str, Any]
) -> Iterator[Flaw]:
    at = ("model", "signature", key)
    if given.get("method", actual["method"]) != actual["method"]:
        message = f"the model answers `{actual['method']}` here"
        yield Flaw(view.place(*at, "method"), message, f"write `method: {actual['method']}`")
    for part in ("inputs", "outputs"):
        tensors, due = given.get(part), actual[part]
        if not isinstance(tensors, dict):
            continue
        lacking = [name for name in due if name not in tensors]
        if lacking:
            message = f"the model's {part} have {listed(lacking)} too"
            yield Flaw(view.place(*at, part), message, "add what is missing")
        for name, tensor in tensors.items():
            if name not in due:
                hint = f"they are {listed(due)}" if due else "remove it"
                message = f"the model's {part} have no {shown(name)}"
                yield Flaw(view.place(*at, part, name), message, hint)
            elif isinstance(tensor, dict) and not _fits(tensor, due[name]):
                dtype, shape = due[name]["dtype"], due[name]["shape"]
                hint = f"write `{name}: {{dtype: {dtype}, shape: {shape}}}`"
                message = f"the model has another type or shape for {shown(name)}"
                yield Flaw(view.place(*at, part, name), message, hint)


def _fits(given: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Whether types agree, and shapes where both say something; unknown sizes may be named."""
    if given.get("dtype", actual["dtype"]) != actual["dtype"]:
        return False
    shape, due = given.get("shape", actual["shape"]), actual["shape"]
    return len(shape) == len(due) and all(
        size in {wanted, None} or -1 in (size, wanted)
        for size, wanted in zip(shape, due, strict=True)
    )
