"""Values as small figures: pixels as a picture, lists of numbers as curves, shares as bars. Pure.

Every figure is made from numbers, or from text that is escaped; none needs a style of its own.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from markupsafe import Markup

Rows = Sequence[Sequence[Sequence[float]]]
Span = tuple[float, float]

_WIDE, _HIGH = 120, 36
# Points of a curve beyond which it is thinned: there is no room to show more.
_POINTS = 60


def picture(rows: Rows, span: Span, alt: str, most: int) -> Markup:
    """Pixels as a picture file that stands in the page.

    Args:
        rows: one list for each line of pixels; a pixel has 1 (grey), 3 or 4 channels.
        span: the value of the darkest pixel and of the lightest one; the first may be the greater.
        alt: what the picture shows.
        most: pixels of its longer side; of larger ones every n-th pixel is taken.
    """
    step = max(1, -(-max(len(rows), len(rows[0])) // most))
    taken = [line[::step] for line in rows[::step]]
    colours = 3 if len(taken[0][0]) >= 3 else 1
    dark, light = span
    scale = 255 / ((light - dark) or 1)
    data = bytes(
        min(255, max(0, round((value - dark) * scale)))
        for line in taken
        for pixel in line
        for value in pixel[:colours]
    )
    from PIL import Image

    file = io.BytesIO()
    size = len(taken[0]), len(taken)
    Image.frombytes("RGB" if colours == 3 else "L", size, data).save(file, "PNG", optimize=True)
    return embedded(base64.b64encode(file.getvalue()).decode(), "image/png", alt, is_coarse=True)


def embedded(data: str, kind: str, alt: str, *, is_coarse: bool = False) -> Markup:
    """A picture file in base64, shown; a coarse one with pixels that can be seen."""
    looks = "drawn-picture drawn-pixels" if is_coarse else "drawn-picture"
    return Markup('<img class="{}" src="data:{};base64,{}" alt="{}" loading="lazy">').format(
        looks, kind, data, alt
    )


def curve(line: Sequence[float], words: str, band: Sequence[Sequence[float]] = ()) -> Markup:
    """A list of numbers as a curve.

    Args:
        line: at least two numbers.
        words: what it says, for those who do not see it.
        band: two further lists, between which the curve is expected to lie; or nothing.
    """
    step = max(1, -(-len(line) // _POINTS))
    shown, lists = line[::step], [each[::step] for each in band]
    every = [value for each in (shown, *lists) for value in each]
    low, high = min(every), max(every)

    def path(values: Sequence[float]) -> str:
        across = _WIDE / max(1, len(values) - 1)
        down = (_HIGH - 4) / ((high - low) or 1)
        level = (_HIGH - 4) / 2 if high == low else 0
        return "L".join(
            f"{at * across:.4g} {_HIGH - 2 - level - (value - low) * down:.3g}"
            for at, value in enumerate(values)
        )

    parts = Markup('<svg class="drawn-curve" viewBox="0 0 {} {}" role="img" aria-label="{}">')
    below = ""
    if len(lists) == 2:
        first, second = path(lists[0]), path(lists[1]).split("L")
        below = f'<path class="drawn-band" d="M{first}L{"L".join(reversed(second))}Z"/>'
    above = f'<path class="drawn-line" d="M{path(shown)}"/></svg>'
    return parts.format(_WIDE, _HIGH, words) + Markup(below + above)  # noqa: S704 - numbers only


def share_bar(share: float) -> Markup:
    """A bar as long as a share between 0 and 1."""
    return Markup(
        '<svg class="drawn-share" viewBox="0 0 100 8" preserveAspectRatio="none"'
        ' aria-hidden="true"><rect class="ground" width="100" height="8"/>'
        '<rect class="fill" width="{}" height="8"/></svg>'
    ).format(f"{min(1.0, max(0.0, share)) * 100:.3g}")


def range_bar(low: float, value: float, high: float) -> Markup:
    """Where a number lies in the range that is given with it."""
    at = min(1.0, max(0.0, (value - low) / ((high - low) or 1))) * 80 + 10
    return Markup(
        '<svg class="drawn-range" viewBox="0 0 100 8" preserveAspectRatio="none"'
        ' aria-hidden="true"><rect class="ground" width="100" height="8"/>'
        '<rect class="band" x="10" width="80" height="8"/>'
        '<rect class="fill" x="{}" width="2" height="8"/></svg>'
    ).format(f"{at - 1:.3g}")
