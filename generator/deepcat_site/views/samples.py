"""What goes into a module and comes out of it: its signature and its samples."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from deepcat.catalog.values import Module, Sample
from deepcat_site.html.highlight import highlight
from deepcat_site.views import items
from deepcat_site.views.asked import dump
from deepcat_site.views.bodies import bodies, is_long, path_of
from deepcat_site.views.read import line, mapping

SHOWN = 1_500
# So many inputs, and outputs, are named beside the first sample.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A body that may be long.

    Attributes:
        html: what is shown of it.
        cut: whether that is not all.
        file: where in the module's folder it lies; empty where it stands in `module.yaml`.
        at: where it lies whole below the website's root, where it is too long for the document.
    """

    html: Markup
    cut: bool
    file: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample with its request and its expected answer."""

    name: str
    method: str
    request: Shown
    response: Shown
    tolerance: float


def tensors(module: Module) -> tuple[tuple[str, str, str, str, str], ...]:
    """Rows of signature, direction, tensor, dtype and shape."""
    rows = []
    for name, signature in (module.model.signature if module.model else {}).items():
        for direction in ("inputs", "outputs"):
            for tensor, spec in mapping(mapping(signature).get(direction)).items():
                shape = mapping(spec).get("shape")
                sizes = [("?" if size == -1 else str(size)) for size in shape or ()]
                rows.append(
                    (
                        line(name, 60),
                        direction,
                        line(tensor, 60),
                        line(mapping(spec).get("dtype"), 20),
                        " × ".join(sizes) or "scalar",
                    )
                )
    return tuple(rows)


def called_with(module: Module) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """What the first sample's signature takes and gives: direction, then name and words of each."""
    if not module.samples:
        return ()
    spec = items.signature(module, module.samples[0])
    found = []
    for direction in ("inputs", "outputs"):
        rows = [(line(name, 60), _words_of(each)) for name, each in _specs(spec, direction)]
        found.append((direction, tuple(rows[:_NAMED])))
    return tuple((direction, rows) for direction, rows in found if rows)


def _specs(spec: Mapping[str, Any], direction: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, mapping(each)) for name, each in mapping(spec.get(direction)).items()]


def _words_of(spec: Mapping[str, Any]) -> str:
    """A tensor in words: what its author says of it, else its type and sizes."""
    shape = spec.get("shape")
    each = shape[1:] if isinstance(shape, list) else ()  # the first is how many there are
    sizes = " × ".join("?" if size == -1 else str(size) for size in each)
    return line(spec.get("description"), 90) or f"{line(spec.get('dtype'), 20)} {sizes}".strip()


def sample_view(module: Module, number: int, sample: Sample) -> SampleView:
    """A sample, its bodies cut where they are long."""
    files = {"request": sample.request_file, "response": sample.response_file}
    request, response = (
        replace(
            body(value),
            file=line(files[part]),
            at=path_of(module.name, number, part) if is_long(value) else "",
        )
        for part, value in bodies(sample)
    )
    return SampleView(line(sample.name, 120), sample.method, request, response, sample.tolerance)


def body(value: Any) -> Shown:
    """A JSON body, highlighted; on one line where it is short."""
    text = dump(value)
    if len(text) > 88:
        text = _spread(json.dumps(value, ensure_ascii=False, indent=2))
    cut = len(text) > SHOWN
    return Shown(highlight(text[:SHOWN] + ("\n…" if cut else ""), "json"), cut)


def _spread(text: str) -> str:
    """Indented JSON whose lists of plain values stand on one line."""
    return re.sub(
        r"\[\s+((?:[^\[\]{}\"]|\"(?:[^\"\\]|\\.)*\")*?)\s+\]",
        lambda m: f"[{' '.join(m[1].split())}]" if len(m[1]) < 400 else m[0],
        text,
    )
