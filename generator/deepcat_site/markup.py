"""A README of anybody to HTML that is safe to show. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

import comrak
import nh3
from markupsafe import Markup

from deepcat_site.highlight import highlight

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
_OUTSIDE = "outside:"
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="outside:([^"]*)"[^>]*>')
_LOST_PICTURE = re.compile(r"<img\b(?![^>]*\bsrc=)[^>]*>")
_NO_WORDS = re.compile(r"<img (?![^>]*\balt=)")
_ALT = re.compile(r'\balt="([^"]*)"')
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
    html = _decide(_html(text[:MAX_CHARACTERS]), address)
    html = _EMPTY_HEAD.sub(r"<td\1></td>", html)
    html = _LOST_PICTURE.sub("", _PICTURE.sub(_as_link, html))
    html = _NO_WORDS.sub('<img alt="" ', html)
    html = _HEADING.sub(_lower, _FIRST_HEADING.sub("", html))
    return _CODE.sub(_colour, html).strip()


def ours(text: str) -> Markup:
    """Markdown of our own, such as a rule's page, to HTML."""
    html = _decide(_html(text), lambda target, _picture: target)
    return Markup(html)  # noqa: S704 - sanitised


def _html(text: str) -> str:
    """Markdown to safe HTML.

    Text without a single `<` holds no HTML of its own, and what comrak makes of it in its safe mode
    is on the allow list already: the sanitiser's work is spared, which is most of it.
    """
    if "<" in text:
        return _CLEANER.clean(_markdown(text, _RAW))
    html = _markdown(text, _SAFE).replace(' id="', f' id="{_PREFIX}')
    return html.replace("<a href=", f'<a rel="{_REL}" href=')


def _markdown(text: str, options: comrak.RenderOptions) -> str:
    return _ANCHOR.sub("", comrak.render_markdown(text, _EXTENSIONS, None, options))


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


def _options() -> tuple[comrak.ExtensionOptions, comrak.RenderOptions, comrak.RenderOptions]:
    extension = comrak.ExtensionOptions()
    extension.table = True
    extension.strikethrough = True
    extension.autolink = True
    extension.tasklist = True
    extension.footnotes = True
    extension.alerts = True
    extension.header_id_prefix = ""
    raw = comrak.RenderOptions()
    raw.unsafe_ = True  # for the sanitiser, which decides on all of it by one allow list
    return extension, raw, comrak.RenderOptions()


_EXTENSIONS, _RAW, _SAFE = _options()
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    link_rel=_REL,
    url_schemes=_SCHEMES,
    id_prefix=_PREFIX,
)
