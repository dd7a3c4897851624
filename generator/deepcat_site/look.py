"""How values look: numbers, sizes, prices, hues, icons and generated pictures. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable

from markupsafe import Markup

from deepcat_site.search import shard_of

HUES = 12
_ICONS = (
    (re.compile("image|photo|picture"), "image"),
    (re.compile("video"), "video"),
    (re.compile("audio|sound|speech"), "audio"),
    (re.compile("text|language"), "text"),
    (re.compile("tab|csv"), "table"),
    (re.compile("series|signal|stream"), "series"),
    (re.compile("graph|network"), "graph"),
)


def hue(name: str) -> int:
    """A hue by a name, 0 to 11; the browser's `hue` gives the same."""
    return shard_of(name, HUES)


def icon_for(kinds: Iterable[str]) -> str:
    """The icon that stands for kinds of data; the browser's `iconFor` gives the same."""
    words = " ".join(kinds).lower()
    return next((name for pattern, name in _ICONS if pattern.search(words)), "cube")


def number(value: float, digits: int = 3) -> str:
    """A number as people write it: no trailing zeros, thin groups of thousands."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if value and (abs(value) >= 1e7 or abs(value) < 10**-digits):
        return f"{value:.3g}"
    text = f"{value:,.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(",", " ")


def size(mebibytes: float) -> str:
    """Memory, in the unit that fits."""
    if mebibytes >= 1024:
        return f"{number(mebibytes / 1024, 1)} GiB"
    return f"{number(mebibytes, 0)} MiB"


def price(value: float, currency: str) -> str:
    """A price for an hour; nothing for what is free."""
    return f"{value:.2f} {currency}" if value >= 0.01 else f"{value:.3g} {currency}"


def cover(name: str, width: int = 960, height: int = 150) -> Markup:
    """A picture made from a name: layered curves, always the same for the same name."""
    seed = hashlib.blake2b(name.encode(), digest_size=16).digest()
    lines = []
    for row in range(9):
        phase, swing, pace = seed[row] / 40, 10 + seed[row + 3] / 9, 1 + seed[row + 6] / 128
        middle = height * (row + 0.6) / 9
        points = [
            (x, middle + swing * math.sin(phase + pace * x / 130) * math.sin(math.pi * x / width))
            for x in range(0, width + 1, 48)
        ]
        lines.append(f'<path d="{_smooth(points)}"/>')
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="cover-art hue-{hue(name)}" viewBox="0 0 {width} {height}"'
        f' preserveAspectRatio="xMidYMid slice" aria-hidden="true">{"".join(lines)}</svg>'
    )


def _smooth(points: list[tuple[float, float]]) -> str:
    """A path of quadratic curves through the middles between points."""
    parts = [f"M{points[0][0]:.0f} {points[0][1]:.1f}"]
    for (x, y), (u, v) in zip(points[1:-1], points[2:], strict=True):
        parts.append(f"Q{x:.0f} {y:.1f} {(x + u) / 2:.0f} {(y + v) / 2:.1f}")
    return "".join(parts)
