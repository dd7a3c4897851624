"""Plain text holds no markup.

Why:
    A title, a summary or a name is shown letter for letter: readers would see the tags and
    entities themselves. What was meant to act there does not act, and looks like an attack.
Mend:
    Write plain words. Longer texts with links and emphasis go into `description` or `README.md`,
    which are Markdown.
Bad:
    title: <b>Plant</b> classifier &amp; finder
Good:
    title: Plant classifier & finder
"""

import re
from collections.abc import Iterator
from html.entities import html5

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.scan import texts
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.judging.unsafe_html import UNSAFE_TAGS
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_KINDS = (
    UnitKind.CATALOG,
    UnitKind.CLOUD,
    UnitKind.COLLECTION,
    UnitKind.DATASET,
    UnitKind.DEPLOYMENT,
    UnitKind.MODULE,
)
# One of these stands in every document that holds markup, or spells its first sign by an escape.
_SIGNS = re.compile(rb"<[!?/a-z]|&[a-z#]|(?:java|vb)script:|data:text/html|\\[xu]")
_QUICK = (b"<", b"&", b"ascript:", b"bscript:", b"data:text", b"\\")
_MARKUP = re.compile(
    r"<!(?:--|doctype\b|\[CDATA\[)|<\?[a-z]|</?(?P<tag>[a-z][a-z0-9:-]{0,40})(?P<rest>[^<>]{0,2000}>?)"
    r"|&(?P<entity>[a-z][a-z0-9]{1,30};|\#[0-9]{1,7};|\#x[0-9a-f]{1,6};)"
    r"|\b(?:java|vb)script:(?=\S)|\bdata:text/html\b",
    re.IGNORECASE,
)
_HANDLER = re.compile(r"[\s/\"']on[a-z]{3,30}\s{0,9}=", re.IGNORECASE)
# With a single letter, `a<b` must stay a comparison.
_TAGS = frozenset(
    [
        *("abbr", "address", "article", "aside", "bdi", "bdo", "blockquote", "br", "caption"),
        *("center", "code", "col", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption"),
        *("figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "img"),
        *("ins", "kbd", "li", "main", "mark", "nav", "ol", "pre", "samp", "section", "small"),
        *("span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot"),
        *("th", "thead", "time", "tr", "tt", "ul", "var", "wbr"),
    ]
)
_LETTERS = frozenset("abipqsu")
_CLOSED = re.compile(r"\s*/?>|\s[^<>]*=[^<>]*>")
# What is Markdown, what is data of somebody's program, and what is nobody's but its writer's.
_NOT_PLAIN = frozenset({"description", "inputs", "request", "response", "signature"})


@unit_rule(__doc__, "text/markup", *_KINDS, severity=Severity.HINT)
def markup(view: View) -> Iterator[Flaw]:
    """The first piece of markup in every plain text of the unit's document."""
    content = view.content(view.unit.document.rpartition("/")[2]) or b""
    small = content.lower()
    if not any(sign in small for sign in _QUICK) or not _SIGNS.search(small):
        return
    for pointer, text in texts(view.data, _NOT_PLAIN):
        found = next(filter(_is_markup, _MARKUP.finditer(text)), None)
        if found:
            written = shown(found[0][:40])
            message = f"{written} is no markup here: plain text is shown letter for letter"
            yield Flaw(view.place(*pointer), message, "write plain words")


def _is_markup(found: re.Match[str]) -> bool:
    tag, rest, entity = found["tag"], found["rest"] or "", found["entity"]
    if entity:
        return entity[0] == "#" or entity in html5
    if tag is None:
        return True
    name = tag.lower()
    if name in UNSAFE_TAGS or _HANDLER.search(rest):
        return True
    if name in _LETTERS:
        return bool(_CLOSED.match(rest))
    return name in _TAGS and rest[:1] in {"", ">", "/", " ", "\t", "\n"}
