"""An SVG picture holds shapes only: no script, no handler, nothing from elsewhere.

Why:
    An SVG is a program that a browser runs, with the rights of the page that opens it.
Mend:
    Export it again as "plain SVG", or use a PNG.
Bad:
    <svg onload="…">
Good:
    <svg><circle r="4"/></svg>
"""

import re
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import position, tags
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_TAGS = frozenset(
    [
        *("script", "foreignobject", "iframe", "embed", "object", "handler", "listener", "audio"),
        *("video", "set", "animate", "animatetransform", "animatemotion", "html", "body"),
    ]
)
_MARKUP = re.compile(
    r"<!(?:DOCTYPE[^>\[]{0,300}\[|ENTITY)|<\?xml-stylesheet|@import"
    r"|url\(\s{0,9}[\"']?(?!#|data:image/(?:png|jpeg))[^\"')\s]{1,80}",
    re.IGNORECASE,
)


@unit_rule(__doc__, "file/svg", UnitKind.MODULE)
def svg(view: View) -> Iterator[Flaw]:
    """Every SVG of a module."""
    for name in view.files:
        text = view.text(name) if name.lower().endswith(".svg") else None
        for offset, what in _unsafe(text or ""):
            place = view.file_place(name, *position(text or "", offset))
            yield Flaw(place, f"the picture holds {what}", "export it as plain SVG, or as PNG")


def _unsafe(text: str) -> Iterator[tuple[int, str]]:
    for found in _MARKUP.finditer(text):
        yield found.start(), shown(found[0])
    for tag in tags(text):
        if tag.name.rpartition(":")[2] in _TAGS:
            yield tag.offset, f"`<{tag.name}>`"
        for key, value in tag.attributes:
            if key.startswith("on"):
                yield tag.offset, f"the handler `{key}`"
            elif key.endswith(("href", "src")) and not _is_own(value):
                yield tag.offset, f"a reference to {shown(value)}"


def _is_own(address: str) -> bool:
    plain = "".join(address.split()).casefold()
    return plain.startswith(("#", "data:image/png", "data:image/jpeg"))
