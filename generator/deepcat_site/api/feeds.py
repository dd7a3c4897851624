"""Atom feeds (RFC 4287), the sitemap, and the OpenSearch description."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from heapq import nlargest
from html import escape as _escape
from uuid import UUID

from deepcat_site.text import Text
from deepcat_site.values import Settings
from deepcat_site.views.card import Card
from deepcat_site.views.shown import sentence

NEWEST = 50
PER_SITEMAP = 40_000
_NEVER = "1970-01-01"
_SPACES = {10: "&#10;", 13: "&#13;", 9: "&#9;"}


def escape(text: str) -> str:
    """A text between XML's tags."""
    return _escape(text, quote=False)


def quoteattr(text: str) -> str:
    """A text as the value of an XML attribute, with its quotes."""
    return f'"{_escape(text).translate(_SPACES)}"'


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def instant(day: str) -> str:
    """An ISO date as the instant that Atom wants."""
    return f"{day or _NEVER}T00:00:00Z" if len(day) <= 10 else day


def identity(*parts: str) -> str:
    """A name that stays the same wherever the website lies."""
    name = hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
    return f"urn:uuid:{UUID(bytes=name)}"


def newest(cards: Iterable[Card]) -> list[Card]:
    """The cards that a feed holds, last changed first."""
    return nlargest(NEWEST, cards, key=lambda card: (card.updated or card.created, card.name))


def feed(cards: Iterable[Card], settings: Settings, title: str, path: str, text: Text) -> bytes:
    """A feed of modules as they change.

    Args:
        cards: any number, in any order.
        settings: of the catalog.
        title: the feed's.
        path: where it lies below the root.
        text: the interface's words.
    """
    chosen = newest(cards)
    entries = [
        _entry(
            card.name,
            f"{card.title} {card.version}",
            f"{card.summary}\n{sentence(card, text)}",
            card.updated or card.created,
            settings.address(f"modules/{card.name}/", path),
            card.version,
            card.license,
        )
        for card in chosen
    ]
    last = (chosen[0].updated or chosen[0].created) if chosen else ""
    return _feed(entries, settings, title, path, last)


def module_feed(
    card: Card,
    changes: Sequence[tuple[str, str, tuple[tuple[str, str], ...]]],
    settings: Settings,
) -> bytes:
    """A feed of one module's versions.

    Args:
        card: the module's.
        changes: rows of version, date and its changes as kind and text.
        settings: of the catalog.
    """
    path = f"modules/{card.name}/feed.xml"
    address = settings.address(f"modules/{card.name}/", path)
    rows = changes or ((card.version, card.updated, ()),)
    entries = [
        _entry(
            card.name,
            f"{card.title} {version}",
            "\n".join(f"{kind}: {text}" if kind else text for kind, text in texts) or card.summary,
            date or card.updated,
            f"{address}#versions",
            version,
        )
        for version, date, texts in rows[:NEWEST]
    ]
    last = max((date for _, date, _ in rows), default="") or card.updated
    return _feed(entries, settings, card.title, path, last)


def _entry(
    name: str, title: str, summary: str, day: str, address: str, version: str, rights: str = ""
) -> str:
    return (
        "<entry>"
        + _element("id", identity("module", name, version))
        + _element("title", title)
        + _element("updated", instant(day))
        + f'<link rel="alternate" type="text/html" href={quoteattr(address)}/>'
        + _element("summary", summary)
        + (_element("rights", rights) if rights else "")
        + "</entry>\n"
    )


def _feed(entries: list[str], settings: Settings, title: str, path: str, last: str) -> bytes:
    own = settings.address(path, path)
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        + _element("id", identity("feed", settings.title, path))
        + _element("title", title)
        + _element("updated", instant(last))
        + _element("generator", "deepcat")
        + f"<author>{_element('name', settings.title)}</author>"
        + f'<link rel="self" type="application/atom+xml" href={quoteattr(own)}/>\n'
    )
    return f"{head}{''.join(entries)}</feed>\n".encode()


def sitemaps(paths: Sequence[tuple[str, str]], settings: Settings) -> dict[str, bytes]:
    """`sitemap.xml`, in several files where there are many pages; none without an address.

    Args:
        paths: page's path below the root, such as ``modules/iris/``, and ISO date or empty.
        settings: of the catalog.
    """
    if not settings.site_url:
        return {}
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    chunks = [paths[at : at + PER_SITEMAP] for at in range(0, len(paths), PER_SITEMAP)]
    files = {}
    for number, chunk in enumerate(chunks):
        rows = "".join(
            f"<url><loc>{escape(settings.site_url + path)}</loc>"
            + (f"<lastmod>{escape(day)}</lastmod>" if day else "")
            + "</url>\n"
            for path, day in chunk
        )
        name = "sitemap.xml" if len(chunks) == 1 else f"sitemap-{number + 1}.xml"
        files[name] = f"{head}<urlset {space}>\n{rows}</urlset>\n".encode()
    if len(chunks) > 1:
        rows = "".join(
            f"<sitemap><loc>{escape(settings.site_url + name)}</loc></sitemap>\n" for name in files
        )
        files["sitemap.xml"] = f"{head}<sitemapindex {space}>\n{rows}</sitemapindex>\n".encode()
    return files


def robots(settings: Settings) -> bytes:
    """`robots.txt`: all may be read."""
    lines = ["User-agent: *", "Allow: /"]
    if settings.site_url:
        lines.append(f"Sitemap: {settings.site_url}sitemap.xml")
    return ("\n".join(lines) + "\n").encode()


def opensearch(settings: Settings) -> bytes:
    """The description by which a browser offers the catalogue's search: of whole addresses only."""
    found = f"{settings.site_url}modules/?q={{searchTerms}}"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        + _element("ShortName", _cut(settings.title, 16))
        + _element("LongName", _cut(settings.title, 48))
        + _element("Description", _cut(settings.summary or settings.title, 1024))
        + _element("InputEncoding", "UTF-8")
        + f'<Url type="text/html" template={quoteattr(found)}/>\n'
        "</OpenSearchDescription>\n"
    ).encode()


def _cut(text: str, most: int) -> str:
    """A text of at most so many characters, cut between two words where it has any."""
    if len(text) <= most:
        return text
    return text[: most + 1].rpartition(" ")[0].rstrip(" ,;:–-") or text[:most]
