"""What goes into a module and comes out of it: its signature and its samples."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from deepcat.catalog.values import Module, Sample
from deepcat_site.html.highlight import highlight
from deepcat_site.views.call import dump
from deepcat_site.views.read import line, mapping

SHOWN = 1_500


@dataclass(frozen=True, slots=True)
class Shown:
    """Text that may be long: what is shown of it, and whether it was cut."""

    html: Markup
    cut: bool


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


def sample_view(sample: Sample) -> SampleView:
    """A sample, its bodies cut where they are long."""
    return SampleView(
        line(sample.name, 120),
        sample.method,
        body(sample.request),
        body(sample.response),
        sample.tolerance,
    )


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
