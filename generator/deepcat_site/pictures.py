"""EDGE of the website: a module's picture in the sizes that are shown, made once by content.

A picture is of a stranger. It is decoded by Pillow alone, only as one of four formats, only where
its head promises few enough pixels, and what comes out holds pixels and nothing else. Where that
cannot be done, the picture is shown as it is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

# Widths in pixels: of a card, and of the same on a screen with two pixels for one.
WIDTHS = (360, 720)
MAX_PIXELS = 16_000_000
# Taller than that a picture is cut, from its middle.
_TALLEST = 1.5
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_KINDS: Mapping[str, Mapping[str, int]] = {
    "avif": {"quality": 55, "speed": 8},
    "webp": {"quality": 78, "method": 4},
}


@dataclass(frozen=True, slots=True)
class Pictures:
    """What was made of pictures before.

    Attributes:
        folder: where it is kept, by content; it may be deleted at any time.
    """

    folder: Path

    def sizes(self, name: str, content: bytes) -> dict[str, bytes]:
        """The picture in the sizes and formats that cards show; none where it cannot be made.

        Args:
            name: the picture's, made from its content, such as ``1f2e.png``.
            content: the picture file.
        """
        stem = name.partition(".")[0]
        known = self._kept(stem)
        if known is None and (made := _made(content)) is not None:
            known = {f"{stem}-{key}": each for key, each in made.items()}
            self._keep(stem, known)
        return known or {}

    def _kept(self, stem: str) -> dict[str, bytes] | None:
        try:
            names = (self.folder / f"{stem}.txt").read_text("ascii").split()
            return {name: (self.folder / name).read_bytes() for name in names}
        except (OSError, ValueError):
            return None

    def _keep(self, stem: str, made: Mapping[str, bytes]) -> None:
        with suppress(OSError):  # a full disk costs speed, not the build
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, content in made.items():
                self._write(name, content)
            self._write(f"{stem}.txt", " ".join(made).encode())

    def _write(self, name: str, content: bytes) -> None:
        part = self.folder / f"{name}.{os.getpid()}"
        part.write_bytes(content)
        part.replace(self.folder / name)


def _made(content: bytes) -> dict[str, bytes] | None:
    """Size and format, such as ``360.webp`` -> the picture; None without Pillow."""
    try:
        from PIL import Image, features
    except ImportError:
        return None
    # Decoders raise whatever they stumble over; a picture that does that is shown as it is.
    with suppress(Exception), Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS or min(opened.size) < 1:
            return {}
        kinds = [kind for kind in _KINDS if features.check(kind)]
        shown = _upright(opened)
        widths = {min(width, shown.width) for width in WIDTHS}
        made = {
            f"{width}.{kind}": _encoded(_scaled(shown, width), kind)
            for kind in kinds
            for width in sorted(widths)
        }
        # What gained nothing is left out: a drawing of few colours is smallest as it is.
        return {name: each for name, each in made.items() if len(each) < len(content)}
    return {}


def _upright(opened: Image) -> Image:
    """The first frame the right way up, as pixels with nothing beside them."""
    from PIL import ImageOps

    opened.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
    has_alpha = "A" in opened.getbands() or "transparency" in opened.info
    turned = ImageOps.exif_transpose(opened).convert("RGBA" if has_alpha else "RGB")
    turned.info.clear()
    most = round(turned.width * _TALLEST)
    if turned.height <= most:
        return turned
    top = (turned.height - most) // 2
    return turned.crop((0, top, turned.width, top + most))


def _scaled(shown: Image, width: int) -> Image:
    return shown.resize((width, max(1, round(shown.height * width / shown.width))))


def _encoded(shown: Image, kind: str) -> bytes:
    file = io.BytesIO()
    shown.save(file, kind.upper(), **_KINDS[kind])
    return file.getvalue()
