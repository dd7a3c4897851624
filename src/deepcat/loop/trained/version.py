"""The version that a training's result gets, and whether it is proposed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from semantic_version import Version

from deepcat.loop.trained.before import Others
from deepcat.loop.trained.values import Figure, Output, Verdict, Wish


def figures(data: Mapping[str, Any], metrics: Mapping[str, float]) -> tuple[Figure, ...]:
    """The module's metrics beside those of a training; a name that stands twice is left alone.

    Args:
        data: `module.yaml`, as parsed.
        metrics: name -> value.
    """
    listed = data.get("metrics")
    rows = [each for each in listed if isinstance(each, Mapping)] if listed else []
    names = [str(each.get("name")) for each in rows]
    return tuple(
        Figure(
            index=index,
            name=names[index],
            before=float(each["value"]),
            after=_stated(metrics.get(names[index]), each["value"])
            if names.count(names[index]) == 1
            else None,
            higher_is_better=each.get("higher_is_better"),
            tolerance=float(each.get("tolerance", 0.0)),
        )
        for index, each in enumerate(rows)
        if isinstance(each.get("value"), int | float)
    )


def by_measure(told: Iterable[Figure], output: Output) -> tuple[Figure, ...]:
    """Figures with what was measured in place of what was stated or said, where it was.

    Args:
        told: as `figures` gives them.
        output: what the training made.
    """
    return tuple(_by_measure(each, output) for each in told)


def _by_measure(figure: Figure, output: Output) -> Figure:
    after = _stated(output.measured.get(figure.name), figure.before)
    if after is None:
        return figure
    before = _stated(output.measured_before.get(figure.name), figure.before)
    said = figure.after if figure.after != after else None
    found = replace(figure, after=after, said=said, is_measured=True)
    return found if before is None else replace(found, before=before, stated=figure.before)


def _stated(value: float | None, before: float) -> float | None:
    """A value to as many digits as the one before has, yet no fewer than three."""
    if value is None:
        return None
    exponent = Decimal(repr(before)).as_tuple().exponent
    return round(value, max(3, -exponent if isinstance(exponent, int) else 0))


def deciding(data: Mapping[str, Any], told: Sequence[Figure]) -> Figure | None:
    """The metric that says whether a training is better: `training.metric`, else the first."""
    wanted = (data.get("training") or {}).get("metric")
    known = [each for each in told if each.after is not None]
    if wanted:
        return next((each for each in known if each.name == wanted), None)
    return next((each for each in known if each.higher_is_better is not None), None)


def wish_of(deployment: Mapping[str, Any]) -> Wish:
    """What a deployment says of `propose`; a bare yes is the usual wish."""
    said = deployment.get("propose", True)
    if isinstance(said, bool):
        return Wish.BETTER if said else Wish.NEVER
    return Wish(str(said))


def held_back(wish: Wish, figure: Figure | None) -> str:
    """Why a training is not proposed; empty where it is."""
    if wish is Wish.NEVER:
        return "its deployment says `propose: never`"
    if wish is Wish.ALWAYS:
        return ""
    if figure is None:
        return "no metric of it says whether it is better"
    if figure.verdict is Verdict.BETTER:
        return ""
    words = {Verdict.WORSE: "worse than", Verdict.SAME: "the same as"}[figure.verdict]
    return f"its {figure.name} is {words} before"


def next_version(
    data: Mapping[str, Any],
    output: Output,
    told: Iterable[Figure],
    other: Others,
) -> tuple[str, str]:
    """The version of what a training made, and why it is that one.

    Args:
        data: `module.yaml` of the version before, as parsed.
        output: what the training made.
        told: its figures.
        other: what the training had that the version before had not.
    """
    before = Version(str(data["version"]))
    if not same_contract(data, output.signature):
        after = before.next_major() if before.major else before.next_minor()
        return str(after), "its signature is another: who asks it must ask otherwise"
    if other.words:
        return str(before.next_minor()), f"it was trained with {other.words}"
    moved = [each.name for each in told if each.after is not None and not each.is_within]
    if moved:
        return str(before.next_minor()), f"{moved[0]} changed by more than its tolerance"
    return str(before.next_patch()), "data, inputs and figures are as before"


def same_contract(data: Mapping[str, Any], signature: Mapping[str, Any]) -> bool:
    """Whether a model takes and gives what its module says."""
    told = (data.get("model") or {}).get("signature") or {}
    return not signature or all(
        _bare(told[name]) == _bare(signature.get(name, {})) for name in told
    )


def _bare(signature: Mapping[str, Any]) -> dict[str, Any]:
    """A signature without what people say of it."""
    tensors = {
        part: {
            name: (each.get("dtype"), list(each.get("shape") or ()))
            for name, each in (signature.get(part) or {}).items()
        }
        for part in ("inputs", "outputs")
    }
    return {"method": signature.get("method"), **tensors}
