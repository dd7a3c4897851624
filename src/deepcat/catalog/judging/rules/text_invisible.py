"""No text holds characters that cannot be seen, or that control a terminal.

Why:
    Zero-width characters make two names look alike that differ, tag characters carry hidden
    messages, and escape sequences change what a terminal shows.
Mend:
    Remove the character at the place that the finding names.
Bad:
    name: "iris\\u200b"
Good:
    name: iris
"""

import re
from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import scan_odd, texts
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060-\u2064\u206a-\u206f\ufff9-\ufffb"
    "\U000e0000-\U000e007f]|(?<!^)\ufeff"
    r"|\\u(?:200[bB]|206[0-4a-fA-F])|\\x(?:0[0-8]|1[0-9a-fA-F]|7[fF])"
)
# What only YAML spells so, inside double quotes; elsewhere a backslash is just that.
_NAMED = re.compile(rb"\\[0abefv]")
_CONTROL = re.compile("[\x00\x07\x08\x0b\x0c\x1b]")
_PROSE = (".yaml", ".yml", ".md", ".json", ".txt", ".cff", ".svg", ".html")


@unit_rule(
    __doc__,
    "text/invisible",
    UnitKind.CATALOG,
    UnitKind.CLOUD,
    UnitKind.COLLECTION,
    UnitKind.DATASET,
    UnitKind.DEPLOYMENT,
    UnitKind.MODULE,
)
def invisible(view: View) -> Iterator[Flaw]:
    """Every such character in every text; escapes count in data only, not in programs."""
    for name, found, line, column in scan_odd(view, _HIDDEN):
        if len(found[0]) > 1 and not name.lower().endswith(_PROSE[:2]):
            continue
        spelt = found[0] if len(found[0]) > 1 else f"U+{ord(found[0]):04X}"
        place = view.file_place(name, line, column)
        yield Flaw(place, f"the character {spelt} cannot be seen", "remove it")
    content = view.content(view.unit.document.rpartition("/")[2]) or b""
    if b"\\" in content and _NAMED.search(content):
        for pointer, text in texts(view.data):
            if hidden := _CONTROL.search(text):
                spelt = f"U+{ord(hidden[0]):04X}"
                yield Flaw(
                    view.place(*pointer), f"the character {spelt} cannot be seen", "remove it"
                )
