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
_ALT = re.compile(r'\balt="([^"]*)"')
_HEADING = re.compile(r"<(/?)h([1-5])\b")
_CODE = re.compile(r'<pre><code class="language-([\w+#-]+)">([^<]*)</code></pre>')
_FIRST_HEADING = re.compile(r"\A\s*<h1\b[^>]*>.*?</h1>", re.S)


def readme(text: str, address: Callable[[str, bool], str]) -> str:
    """Markdown to sanitised HTML, its headings one step down and its first title left out.

    Args:
        text: Markdown as people write it for GitHub; cut after `MAX_CHARACTERS`.
        address: given a link's target or a picture's source, and whether it is a picture, the
            address to use; empty drops it.

    Returns:
        HTML that holds no script, no style, no form, no address that was refused, and no picture
        of another origin: such a picture becomes a link.
    """
    html = _clean(_markdown(text[:MAX_CHARACTERS]), address)
    html = _LOST_PICTURE.sub("", _PICTURE.sub(_as_link, html))
    html = _HEADING.sub(_lower, _FIRST_HEADING.sub("", html))
    return _CODE.sub(_colour, html).strip()


def _colour(match: re.Match[str]) -> str:
    code = highlight(unescape(match[2]), match[1])
    return f'<pre><code class="language-{match[1]}">{code}</code></pre>'


def ours(text: str) -> Markup:
    """Markdown of our own, such as a rule's page, to HTML."""
    return Markup(_clean(_markdown(text), lambda target, _picture: target))  # noqa: S704 - sanitised


def _as_link(match: re.Match[str]) -> str:
    alt = _ALT.search(match[0])
    words = alt[1] if alt and alt[1].strip() else match[1]
    return f'<a href="{match[1]}" rel="nofollow ugc noopener">{words}</a>'


def _lower(match: re.Match[str]) -> str:
    return f"<{match[1]}h{int(match[2]) + 1}"


def _markdown(text: str) -> str:
    html: str = comrak.render_markdown(text, _EXTENSIONS, None, _RENDER)
    return html


def _options() -> tuple[comrak.ExtensionOptions, comrak.RenderOptions]:
    extension = comrak.ExtensionOptions()
    extension.table = True
    extension.strikethrough = True
    extension.autolink = True
    extension.tasklist = True
    extension.footnotes = True
    extension.alerts = True
    extension.header_id_prefix = "readme-"
    render = comrak.RenderOptions()
    render.unsafe_ = (
        True  # the sanitiser decides, by one allow list, on Markdown's HTML as on the rest
    )
    return extension, render


_EXTENSIONS, _RENDER = _options()


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    link_rel="nofollow ugc noopener",
    url_schemes=_SCHEMES,
)
# In the cleaner's output every value stands in double quotes, and no text holds a bare `<`.
_ADDRESS = re.compile(r'(<(?:a|img)(?: [a-z-]+="[^"]*")*? )(href|src)="([^"]*)"')


def _clean(html: str, address: Callable[[str, bool], str]) -> str:
    """Sanitise, then let `address` decide on every address that is left."""

    def decide(match: re.Match[str]) -> str:
        before, name, value = match.groups()
        is_picture = name == "src"
        given = address(unescape(value), is_picture)
        if not given:
            return before
        if is_picture and "//" in given:
            given = f"{_OUTSIDE}{given}"
        return f'{before}{name}="{escape(given)}"'

    return _ADDRESS.sub(decide, _CLEANER.clean(html))
