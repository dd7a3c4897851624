"""How values look: numbers, sizes, prices, hues and icons. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape

from deepcat_site.digests import digest, shard_of

# Upper ends of the classes of GPU memory, GB.
GPU_CLASSES = (4, 8, 12, 16, 24, 32, 48, 80)
# Upper ends of the classes of downloads, MB.
SIZE_CLASSES = (1, 10, 100, 1000, 10_000)
HUES = 12
_MARKS = re.compile(r"[\W_]+")
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


def size_class(size: int) -> str:
    """The class of a download in bytes: ``none``, ``any`` for an unknown one, ``10`` for up to
    10 MB, … ``more``."""
    if size <= 0:
        return "any" if size else "none"
    return next((str(top) for top in SIZE_CLASSES if size <= top * 1e6), "more")


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


def file_size(count: int) -> str:
    """The size of a file, in the unit that fits."""
    for unit, each in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= each:
            return f"{number(count / each, 1)} {unit}"
    return f"{count} B"


def by_kind(names: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Names of scaled pictures, such as ``1f2e-360.webp``, with their widths, by format."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        size, _, kind = name.rpartition("-")[2].partition(".")
        found.setdefault(kind, []).append((name, size))
    return found


def slug(value: str) -> str:
    """A value as a part of an address: ASCII letters, digits, hyphens; `x` where none is left."""
    folded = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return (
        re.sub(r"[^a-z0-9]+", "-", folded.replace("+", "p").replace("#", "sharp")).strip("-")[:60]
        or "x"
    )


def list_address(kind: str, value: str) -> str:
    """Where the list of a value lies below the root: the same whoever else is in the catalog.

    Names that differ by case or marks alone share one; a name that its letters do not tell has
    a few digits behind them.
    """
    plain = _MARKS.sub("-", value.casefold()).strip("-")
    name = slug(value)
    if name != plain:
        name = f"{name}-{digest(plain.encode())[:6]}"
    return f"modules/by/{kind}/{name}/"


def price(value: float, currency: str) -> str:
    """A price for an hour; nothing for what is free."""
    return f"{value:.2f} {currency}" if value >= 0.01 else f"{value:.3g} {currency}"


def percent(share: float) -> str:
    """A share as people write it: never 100 where something is missing."""
    return "100" if share == 1 else f"{min(share * 100, 99.99):.4g}"


def ticked(words: str) -> Markup:
    """Text with what stands between backticks as code."""
    parts = [str(escape(part)) for part in words.split("`")]
    if len(parts) % 2 == 0:
        return escape(words)
    parts[1::2] = [f"<code>{part}</code>" for part in parts[1::2]]
    return Markup("".join(parts))  # noqa: S704 - each part is escaped
