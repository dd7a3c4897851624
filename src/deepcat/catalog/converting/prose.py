"""Markdown from elsewhere: HTML that pages drop and links that lead nowhere become plain text."""

from __future__ import annotations

import re

from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.judging.unsafe_html import UNSAFE_TAGS
from deepcat.catalog.reading.markdown import Tag, prose, tags
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.wording import count

_CLOSING = re.compile(rf"</(?:{'|'.join(sorted(UNSAFE_TAGS))})(?=[\s>])", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?:|mailto:|doi:|//|#)", re.IGNORECASE)
_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,500})\]"
    r"\(((?:[^()\s<>]|\([^()\s<>]{0,200}\)){1,500})(?:[ ]+\"[^\"\n]{0,500}\")?\)"
)


def safe_markdown(text: str, pointer: Pointer, repairs: Repairs) -> str:
    """The same text, where nothing is lost when it is shown."""
    shown = _tags_as_text(text)
    if shown != text:
        many = count(shown.count("&lt;") - text.count("&lt;"), "HTML tag")
        repairs.say(pointer, "html", f"{many} that no page may hold, now shown as text")
    result = _links_as_text(shown)
    if result != shown:
        message = "links to files that are not here are now shown as text"
        repairs.say(pointer, "relative-link", message, "link to `https://…` instead")
    return result


def _tags_as_text(text: str) -> str:
    bare = prose(text)
    at = {tag.offset for tag in tags(bare) if tag.name in UNSAFE_TAGS or _leads_nowhere(tag)}
    at |= {found.start() for found in _CLOSING.finditer(bare)}
    for offset in sorted(at, reverse=True):
        text = f"{text[:offset]}&lt;{text[offset + 1 :]}"
    return text


def _leads_nowhere(tag: Tag) -> bool:
    """Whether a tag has a handler, or an address that is relative or of an odd kind."""
    addresses = [value.strip() for key, value in tag.attributes if key in {"href", "src"}]
    return any(key.startswith("on") for key, _ in tag.attributes) or any(
        not _ADDRESS.match(address) for address in addresses
    )


def _links_as_text(text: str) -> str:
    bare = prose(text)

    def plain(found: re.Match[str]) -> str:
        # Where `bare` is blank there is code, in which nothing is a link.
        if _ADDRESS.match(found[2]) or bare[found.start() : found.end()] != found[0]:
            return found[0]
        return f"{found[1]} (`{found[2]}`)" if found[1] else f"`{found[2]}`"

    return _LINK.sub(plain, text)
