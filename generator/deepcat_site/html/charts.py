"""Small pictures of numbers, as SVG that needs no style of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from deepcat_site.html.formats import number


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value, and whether more is better."""

    label: str
    value: float


_ROW, _WIDTH, _BAR = 40, 400, 320


def bars(rows: Sequence[Bar], words: str) -> Markup:
    """Horizontal bars from 0, or from the least value where one is negative.

    Args:
        rows: at least one.
        words: what the picture says, for those who do not see it.
    """
    top = max(1.0 if all(0 <= row.value <= 1 for row in rows) else 0.0, *(r.value for r in rows))
    low = min(0.0, *(row.value for row in rows))
    span = (top - low) or 1.0
    height = _ROW * len(rows)
    zero = _BAR * (0 - low) / span
    parts = [
        f'<svg class="bars" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' aria-label="{escape(words)}">'
    ]
    for at, row in enumerate(rows):
        y = at * _ROW
        length = _BAR * abs(row.value) / span
        left = zero if row.value >= 0 else zero - length
        parts.append(
            f'<text class="bar-label" x="0" y="{y + 13}">{escape(_short(row.label))}</text>'
            f'<rect class="bar-ground" x="0" y="{y + 20}" width="{_BAR}" height="12" rx="3"/>'
            f'<rect class="bar" x="{left:.1f}" y="{y + 20}" width="{max(length, 1.5):.1f}"'
            ' height="12" rx="3"/>'
            f'<text class="bar-value" x="{_WIDTH}" y="{y + 31}" text-anchor="end">'
            f"{escape(number(row.value))}</text>"
        )
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - escaped above


def _short(label: str) -> str:
    return label if len(label) <= 48 else f"{label[:47]}…"
