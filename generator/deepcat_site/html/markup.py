"""A README of anybody to HTML that is safe to show. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

import comrak
import nh3
from markupsafe import Markup

from deepcat.secrets.addresses import masked
from deepcat_site.html.highlight import highlight

_TAG_NAMES = (
    "a abbr b blockquote br caption code dd del details div dl dt em figcaption figure h1 h2 h3 h4"
    " h5 h6 hr i img input ins kbd li mark ol p pre q s samp section small span strike strong sub"
    " summary sup table tbody td tfoot th thead tr u ul var"
)
_TAGS = set(_TAG_NAMES.split())
_SCHEMES = {"http", "https", "mailto"}
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "id", "aria-label", "class"},
    "abbr": {"title"},
    "code": {"class"},
    "details": {"open"},
    "div": {"class"},
    "h1": {"id"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "h5": {"id"},
    "h6": {"id"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "input": {"type", "checked", "disabled"},
    "li": {"id"},
    "ol": {"start"},
    "pre": {"class"},
    "section": {"class"},
    "span": {"class"},
    "sup": {"id", "class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}


MAX_CHARACTERS = 400_000
# The renderer takes the square of time or room for what no reader needs: with more headings or
# notes it makes neither ids nor notes, with more tags it leaves all out; no quote nests deeper.
MAX_MARKS = 2_000
MAX_TAGS = 20_000
MAX_QUOTES = 20
_SHORT = 4 * MAX_MARKS
_HEADINGS = re.compile(r"#+|^[ >]*[=-]+[ \t]*$", re.M)
_DEEP_QUOTE = re.compile(rf"^((?: {{0,3}}>){{{MAX_QUOTES}}})(?: {{0,3}}>)+", re.M)
# The classes that the renderer gives; all others would borrow the looks of our own pages.
_CLASS = re.compile(r' class="([^"]*)"')
_CLASSES = re.compile(
    r"language-[\w+#-]+|footnotes|footnote-[a-z]+|task-list-item(?:-checkbox)?|contains-task-list"
    r"|markdown-alert(?:-[a-z]+)*"
)
_OUTSIDE = "outside:"
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="outside:([^"]*)"[^>]*>')
_LOST_PICTURE = re.compile(r"<img\b(?![^>]*\bsrc=)[^>]*>")
_NO_WORDS = re.compile(r"<img (?![^>]*\balt=)")
_ALT = re.compile(r'\balt="([^"]*)"')
# Marks that turn the direction of the text around them; no language's text needs them.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_HEADING = re.compile(r"<(/?)h([1-5])\b")
_CODE = re.compile(r'<pre><code class="language-([\w+#-]+)">([^<]*)</code></pre>')
# A corner of a table is no heading: an empty one tells a listener nothing.
_EMPTY_HEAD = re.compile(r"<th((?: [^>]*)?)>\s*</th>")
_FIRST_HEADING = re.compile(r"\A\s*<h1\b[^>]*>.*?</h1>", re.S)


_ANCHOR = re.compile(r'<a href="#[^"]*" aria-label="[^"]*" data-heading[^>]* class="anchor"></a>')
# In sanitised HTML every value stands in double quotes, and no text holds a bare `<`.
_ADDRESS = re.compile(r'(<(?:a|img)(?: [a-z-]+="[^"]*")*? )(href|src)="([^"]*)"')
_REL = "nofollow ugc noopener"
_PREFIX = "readme-"

Address = Callable[[str, bool], str]


_BLOCK = re.compile(r"<(p|h[1-6]|ul|ol|table|dl)(?=[ >])(?![^>]* dir=)")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# Browsers show the end of a line as a blank, which Chinese and Japanese do not have.
_CJK = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_CJK_BREAK = re.compile(f"(?<=[{_CJK}])\n(?=[{_CJK}])")
_PRE = re.compile("(<pre.*?</pre>)", re.DOTALL)


def readme(text: str, address: Address) -> str:
    """Markdown to sanitised HTML, its headings one step down and its first title left out.

    Args:
        text: Markdown as people write it for GitHub; cut after `MAX_CHARACTERS`.
        address: given a link's target or a picture's source, and whether it is a picture, the
            address to use; empty drops it.

    Returns:
        HTML that holds no script, no style, no form, no address that was refused, no id but such
        as begin with `readme-`, and no picture of another origin: such a picture becomes a link.
    """
    text = masked(text[:MAX_CHARACTERS])
    if not text.isascii():
        text = _TURNS.sub("", text)
    html = _decide(_html(text), address)
    html = _EMPTY_HEAD.sub(r"<td\1></td>", html)
    html = _LOST_PICTURE.sub("", _PICTURE.sub(_as_link, html))
    html = _NO_WORDS.sub('<img alt="" ', html)
    html = _HEADING.sub(_lower, _FIRST_HEADING.sub("", html))
    html = _CODE.sub(_colour, html).strip()
    return html if text.isascii() else _as_written(html)


def _as_written(html: str) -> str:
    """Each block in the direction of its own letters; no blank in the middle of a CJK sentence."""
    parts = _PRE.split(html)
    parts[::2] = [_CJK_BREAK.sub("", part) for part in parts[::2]]
    html = "".join(parts)
    return _BLOCK.sub(r'<\1 dir="auto"', html) if _RIGHT_TO_LEFT.search(html) else html


def ours(text: str) -> Markup:
    """Markdown of our own, such as a rule's page, to HTML."""
    html = _decide(_html(text), lambda target, _picture: target)
    return Markup(html)  # noqa: S704 - sanitised


def _html(text: str) -> str:
    """Markdown to safe HTML.

    Text without a single `<` holds no HTML of its own, and what comrak makes of it in its safe mode
    is on the allow list already: the sanitiser's work is spared, which is most of it.
    """
    if "<" in text and text.count("<") <= MAX_TAGS:
        html = _CLEANER.clean(_markdown(text, _RAW))
        return _CLASS.sub(_our_classes, html) if "class=" in text else html
    html = _markdown(text, _SAFE).replace(' id="', f' id="{_PREFIX}')
    return html.replace("<a href=", f'<a rel="{_REL}" href=')


def _markdown(text: str, options: comrak.RenderOptions) -> str:
    if text.count(">") > MAX_QUOTES:
        text = _DEEP_QUOTE.sub(r"\1", text)
    extensions = _FRUGAL if len(text) > _SHORT and _has_many_marks(text) else _EXTENSIONS
    return _ANCHOR.sub("", comrak.render_markdown(text, extensions, None, options))


def _has_many_marks(text: str) -> bool:
    return text.count("[^") > MAX_MARKS or len(_HEADINGS.findall(text)) > MAX_MARKS


def _our_classes(match: re.Match[str]) -> str:
    kept = [name for name in match[1].split() if _CLASSES.fullmatch(name)]
    return f' class="{" ".join(kept)}"' if kept else ""


def _decide(html: str, address: Address) -> str:
    """Let `address` decide on every address that is left."""

    def decide(match: re.Match[str]) -> str:
        before, name, value = match.groups()
        is_picture = name == "src"
        target = unescape(value)
        if target.startswith("#"):
            return f'{before}href="#{_PREFIX}{escape(target[1:])}"' if not is_picture else before
        given = address(target, is_picture)
        if not given:
            return before
        if is_picture and "//" in given:
            given = f"{_OUTSIDE}{given}"
        return f'{before}{name}="{escape(given)}"'

    return _ADDRESS.sub(decide, html)


def _as_link(match: re.Match[str]) -> str:
    alt = _ALT.search(match[0])
    words = alt[1] if alt and alt[1].strip() else match[1]
    return f'<a href="{match[1]}" rel="{_REL}">{words}</a>'


def _lower(match: re.Match[str]) -> str:
    return f"<{match[1]}h{int(match[2]) + 1}"


def _colour(match: re.Match[str]) -> str:
    code = highlight(unescape(match[2]), match[1])
    return f'<pre><code class="language-{match[1]}">{code}</code></pre>'


def _extensions(*, marks: bool) -> comrak.ExtensionOptions:
    extension = comrak.ExtensionOptions()
    extension.table = True
    extension.strikethrough = True
    extension.autolink = True
    extension.tasklist = True
    extension.footnotes = marks
    extension.alerts = True
    extension.header_id_prefix = "" if marks else None
    return extension


_EXTENSIONS, _FRUGAL = _extensions(marks=True), _extensions(marks=False)
_RAW, _SAFE = comrak.RenderOptions(), comrak.RenderOptions()
_RAW.unsafe_ = True  # for the sanitiser, which decides on all of it by one allow list
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    link_rel=_REL,
    url_schemes=_SCHEMES,
    id_prefix=_PREFIX,
)
