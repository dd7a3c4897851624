"""How values look: numbers, sizes, prices, hues, icons and generated pictures. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup

from deepcat_site.digests import shard_of

# Upper ends of the classes of GPU memory, GB.
GPU_CLASSES = (4, 8, 12, 16, 24, 32, 48, 80)
HUES = 12
_COVERS = 64
_WIDE, _HIGH = 960, 150
_ICONS = (
    (re.compile("image|photo|picture"), "image"),
    (re.compile("video"), "video"),
    (re.compile("audio|sound|speech"), "audio"),
    (re.compile("text|language"), "text"),
    (re.compile("tab|csv"), "table"),
    (re.compile("series|signal|stream"), "series"),
    (re.compile("graph|network"), "graph"),
)


def gpu_class(memory: int) -> str:
    """The class of GPU memory in MiB: ``none``, ``any``, ``8`` for up to 8 GB, … ``more``."""
    if memory == 0:
        return "none"
    if memory < 0:
        return "any"
    return next((str(top) for top in GPU_CLASSES if memory <= top * 1024), "more")


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


def percent(share: float) -> str:
    """A share as people write it: never 100 where something is missing."""
    return "100" if share == 1 else f"{min(share * 100, 99.99):.4g}"


def ticked(words: str) -> Markup:
    """Text with what stands between backticks as code."""
    parts = words.split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format(words)
    code, plain = Markup("<code>{}</code>"), Markup("{}")
    shown = [(code if at % 2 else plain).format(part) for at, part in enumerate(parts)]
    return Markup("").join(shown)


def cover(name: str) -> Markup:
    """A picture made from a name: layered curves, always the same for the same name."""
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="cover-art hue-{hue(name)}" viewBox="0 0 {_WIDE} {_HIGH}"'
        f' preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        f'<path d="{_curves(shard_of(name, _COVERS))}"/></svg>'
    )


@lru_cache(maxsize=_COVERS)
def _curves(seed: int) -> str:
    random = hashlib.blake2b(bytes([seed]), digest_size=16).digest()
    lines = []
    for row in range(9):
        phase, swing, pace = random[row] / 40, 10 + random[row + 3] / 9, 1 + random[row + 6] / 128
        middle = _HIGH * (row + 0.6) / 9
        points = [
            (
                float(x),
                middle + swing * math.sin(phase + pace * x / 130) * math.sin(math.pi * x / _WIDE),
            )
            for x in range(0, _WIDE + 1, 96)
        ]
        lines.append(_smooth(points))
    return "".join(lines)


def _smooth(points: list[tuple[float, float]]) -> str:
    """A path of quadratic curves through the middles between points."""
    parts = [f"M{points[0][0]:.0f} {points[0][1]:.0f}"]
    for (x, y), (u, v) in pairwise(points[1:]):
        parts.append(f"Q{x:.0f} {y:.0f} {(x + u) / 2:.0f} {(y + v) / 2:.0f}")
    return "".join([*parts, f"T{points[-1][0]:.0f} {points[-1][1]:.0f}"])
