"""A module's picture is a picture in its folder: PNG, JPEG, WebP or SVG, at most one megabyte.

Why:
    It is shown on every card; a file that is missing, large or something else breaks the page.
Mend:
    Correct the path, or convert or shrink the picture.
Bad:
    image: picture.tiff
Good:
    image: picture.png
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import MEGABYTE, View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/image", UnitKind.MODULE, needs="image")
def image(view: View) -> Iterator[Flaw]:
    """The path, the size, and the first bytes."""
    name = view.data["image"]
    flaws = list(file_flaws(view, name, "image"))
    yield from flaws
    content = None if flaws else view.content(name)
    if content is None:
        return
    if len(content) > MEGABYTE:
        message = f"the picture has {len(content) / MEGABYTE:.1f} MB; at most 1 is shown"
        yield Flaw(view.place("image"), message, "shrink it")
    elif not _is_picture(content):
        message = "the file is no PNG, JPEG, WebP or SVG"
        yield Flaw(view.place("image"), message, "convert it to PNG")


def _is_picture(content: bytes) -> bool:
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return True
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return True
    return b"<svg" in content[:2000]
