"""What a pull request changes in substance: metrics, the model's bytes, expected answers. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.reading.tree import Tree
from deepcat.review.values import Metric, Submission

_MOST = 20
_MOST_READ = 32 << 20


def metrics(data: Mapping[str, Any]) -> dict[str, Metric]:
    """A module's metrics by what was measured on what."""
    found = {}
    for each in _mappings(data.get("metrics")):
        value = each.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool):
            on = ", ".join(str(each[key]) for key in ("dataset", "split") if each.get(key))
            name = str(each.get("name"))
            higher = each.get("higher_is_better")
            better = higher if isinstance(higher, bool) else None
            found[f"{name} on {on}" if on else name] = Metric(float(value), better)
    return found


def answers(tree: Tree, folder: str, data: Mapping[str, Any]) -> dict[str, str]:
    """A module's samples by name -> a hash of what is expected back, and within what tolerance."""
    found = {}
    for each in _mappings(data.get("samples")):
        path = each.get("response_file")
        if isinstance(path, str) and path:
            try:
                length = tree.size(f"{folder}/{path}") or 0
                if length > _MOST_READ:
                    raise FileNotFoundError(path)  # which check refuses by its size
                held: Any = hashlib.sha256(tree.read(f"{folder}/{path}")).hexdigest()
            except FileNotFoundError:
                held = ""
        else:
            held = json.dumps(each.get("response"), sort_keys=True, default=str)
        whole = f"{held} {each.get('tolerance')}"
        found[str(each.get("name"))] = hashlib.sha256(whole.encode()).hexdigest()
    return found


def size(tree: Tree, folder: str, data: Mapping[str, Any]) -> int | None:
    """Bytes of the model's archive; None when the folder does not hold it."""
    model = data.get("model")
    path = model.get("path") if isinstance(model, Mapping) else None
    return tree.size(f"{folder}/{path}") if isinstance(path, str) and path else None


def differences(submission: Submission) -> Iterator[Finding]:
    """A hint for each thing that a reviewer must not overlook, though nothing is wrong with it."""
    for name, after in submission.after.items():
        before = submission.before.get(name)
        if before is None:
            continue
        place = Place(f"modules/{name}/module.yaml")
        if before.model != after.model:
            sizes = f"{_bytes(before.model_bytes)} before, {_bytes(after.model_bytes)} after"
            yield _hint(place, "review/model", f"the model's bytes are exchanged: {sizes}")
        for what, text in _metrics(before.metrics, after.metrics):
            yield _hint(place, "review/metric", f"the metric {what} {text}")
        for what, text in _answers(before.answers, after.answers):
            yield _hint(
                place, "review/answer", f"the expected answer of the sample `{what}` {text}"
            )


def _metrics(
    before: Mapping[str, Metric], after: Mapping[str, Metric]
) -> Iterator[tuple[str, str]]:
    for name in sorted({*before, *after})[:_MOST]:
        old, new = before.get(name), after.get(name)
        if old is None and new is not None:
            yield name, f"is new: {new.value:g}"
        elif new is None and old is not None:
            yield name, f"is no longer given; it was {old.value:g}"
        elif old is not None and new is not None and old.value != new.value:
            change = new.value - old.value
            yield (
                name,
                f"goes from {old.value:g} to {new.value:g} ({change:+g}){_verdict(new, change)}",
            )
        elif old is not None and new is not None and old.higher_is_better != new.higher_is_better:
            yield name, "is now better the other way round"


def _verdict(metric: Metric, change: float) -> str:
    if metric.higher_is_better is None:
        return ""
    return ": better" if (change > 0) is metric.higher_is_better else ": worse"


def _answers(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted({*before, *after})[:_MOST]:
        if name not in after:
            yield name, "is taken away with it"
        elif name in before and before[name] != after[name]:
            yield name, "is rewritten"


def _bytes(size: int | None) -> str:
    return "not in the folder" if size is None else f"{size:,} bytes"


def _hint(place: Place, code: str, message: str) -> Finding:
    hint = "see whether this is what the change is meant to bring"
    return Finding(place, code, message, hint, Severity.HINT)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, Mapping)]
