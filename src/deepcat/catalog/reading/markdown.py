"""Markdown as a check needs it: links, images and raw HTML, each with its place. Linear in time.

Code is no text: what stands in fences, indented blocks, code spans and comments is blanked first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)]) ")
_SPAN = re.compile(r"`+")
# A whole tag, or a comment: a backtick inside one opens no code.
_WHOLE_TAG = re.compile(
    r"<!--(?:-?>|[\s\S]*?(?:-->|\Z))|<[a-zA-Z][a-zA-Z0-9-]{0,40}(?:\s{1,9}[a-zA-Z_:][\w.:-]{0,60}"
    r"(?:\s{0,9}=\s{0,9}(?:[^\s\"'=<>`]{1,2000}|'[^']{0,2000}'|\"[^\"]{0,2000}\"))?){1,40}\s{0,9}/?>"
)
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:-->|\Z))", re.DOTALL)
# Up to the first parenthesis, which ends most targets; `_balanced` follows those that hold some.
_TARGET = re.compile(r"[ \n]{0,3}(?:<([^<>\n]{0,1000})>|((?!<)[^\s()]{0,1000}))")
_PARENTHESIS = re.compile(r"[()]")
_RUN = re.compile(r"[^\s]{0,1000}")
_DEFINITION = re.compile(
    # Also in a quotation and in a list.
    r"^(?: {0,3}(?:>|[-+*](?= )|[0-9]{1,9}[.)](?= )) ?){0,8}"
    r" {0,3}\[([^\]\[\n]{1,200})\]:[ \t]{0,9}(?:<([^<>\n]{0,2000})>|(\S{1,2000}))"
    # More words after the target, other than a title, make it a plain paragraph: `[1]: He, K. …`.
    r"(?=[ \t]*$|[ \t]+[\"'(])",
    re.MULTILINE,
)
_AUTOLINK = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^<>\s]{0,2000})>")
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9:-]{0,40})(?=[\s/>]|\Z)")
_ATTRIBUTE = re.compile(
    r"[\s/\"']([a-zA-Z_:@][a-zA-Z0-9_:.@-]{0,60})"
    r"(?:\s{0,9}=\s{0,9}(\"[^\"]{0,4000}\"|'[^']{0,4000}'|[^\s\"'>]{1,4000}))?"
)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_ESCAPED = re.compile(r"[&\\]")
# No renderer makes a link of a target with more parentheses, and following each would be slow.
_TOO_DEEP = re.compile(r"(?:[^\s(]{0,1000}\(){33}")
_LONGEST_TEXT = 2_000
_BRACKET = re.compile(r"[\[\]]")
_LONGEST_TAG = 8_000


@dataclass(frozen=True, slots=True)
class Link:
    """A link or an image.

    Attributes:
        target: as a browser would read it: entities resolved, without white space inside.
        text: the image's alternative text; None when it has none at all, and for links.
        image: whether it is an image.
        offset: where its target stands, in characters.
    """

    target: str
    text: str | None
    image: bool
    offset: int

    @property
    def scheme(self) -> str:
        """The address's scheme in small letters; empty for a relative one."""
        found = _SCHEME.match(self.target)
        return found[1].lower() if found else ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of raw HTML with its attributes, names in small letters."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    offset: int


def prose(text: str) -> str:
    """The text with all code and comments blanked, character for character."""
    if "`" not in text and "~~~" not in text and "\n    " not in text and "<!--" not in text:
        return text
    return _without_spans(_without_blocks(text))


def _without_blocks(text: str) -> str:
    lines, fence, quiet, in_list = [], "", True, False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        blank = False
        if fence:
            blank = True
            if mark and mark[1].startswith(fence) and not line.strip(" \t" + fence[0]):
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in line[mark.end() :]):
            fence, blank = mark[1], True
        elif line.startswith(("    ", "\t")) and quiet and not in_list:
            blank = True
        elif line.strip():
            in_list = bool(_ITEM.match(line)) or (in_list and line.startswith(" "))
        quiet = blank or not line.strip()
        lines.append(" " * len(line) if blank else line)
    return "\n".join(lines)


def _without_spans(text: str) -> str:
    runs = [(found.start(), found.end()) for found in _SPAN.finditer(text)]
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[index][1] - runs[index][0], []).append(index)
    tags = [found.span() for found in _WHOLE_TAG.finditer(text) if "`" in found[0]][::-1]
    parts, done, index = [], 0, 0
    while index < len(runs):
        start, end = runs[index]
        while tags and tags[-1][1] <= start:
            tags.pop()
        if tags and done <= tags[-1][0] < start:
            index += 1
            continue
        same = later[end - start]
        while same and same[-1] <= index:
            same.pop()
        if same and start >= done:
            close = runs[same[-1]][1]
            if "\n\n" not in text[start:close]:
                parts.append(text[done:start])
                parts.append(_blank(text[start:close]))
                done, index = close, same[-1]
        index += 1
    parts.append(text[done:])
    return _COMMENT.sub(_without_comment, "".join(parts))


def _without_comment(found: re.Match[str]) -> str:
    """A comment blanked; one that never ends is none, unless a line begins with it."""
    before = found.string[max(found.start() - 4, 0) : found.start()]
    is_block = not before.rpartition("\n")[2].strip(" ") and len(before.rpartition("\n")[2]) < 4
    return _blank(found[0]) if is_block or found[0].endswith("-->") else found[0]


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def links(text: str) -> Iterator[Link]:
    """Every link and image of a prose text, in Markdown or HTML."""
    start = text.find("](")
    openings = _openings(text) if start != -1 else {}
    while start != -1:
        found = _TARGET.match(text, start + 2)
        if found:
            before = openings.get(start, -1)
            image = before > 0 and text[before - 1] == "!"
            words = text[before + 1 : start] if image else None
            target = _balanced(text, found) if found[1] is None else found[1]
            yield Link(_address(target), words, image, start + 2)
        start = text.find("](", start + 2)
    for found in _DEFINITION.finditer(text) if "]:" in text else ():
        if not found[1].startswith("^"):
            yield Link(_address(found[2] or found[3]), None, False, found.start())
    for found in _AUTOLINK.finditer(text):
        yield Link(_address(found[1]), None, False, found.start())
    for tag in tags(text):
        yield from _tag_links(tag)


def _balanced(text: str, found: re.Match[str]) -> str:
    """A target up to the parenthesis that closes the link."""
    start, end = found.span(2)
    if text[end : end + 1] != "(" or _TOO_DEEP.match(text, start):
        return found[2]
    run = _RUN.match(text, start)
    depth = 0
    for bracket in _PARENTHESIS.finditer(text, end, run.end() if run else end):
        depth += 1 if bracket[0] == "(" else -1
        if depth < 0:
            return text[start : bracket.start()]
    return run[0] if run else ""


def _openings(text: str) -> dict[int, int]:
    """Where a bracket closes -> where it opens, unless that is too far off. One pass."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACKET.finditer(text):
        if found[0] == "[":
            opened.append(found.start())
        elif opened:
            start = opened.pop()
            if found.start() - start < _LONGEST_TEXT:
                pairs[found.start()] = start
    return pairs


def _tag_links(tag: Tag) -> Iterator[Link]:
    values = dict(reversed(tag.attributes))
    for name in ("href", "src", "xlink:href", "action", "formaction", "poster", "background"):
        if name in values:
            image = tag.name == "img" and name == "src"
            yield Link(_address(values[name]), values.get("alt"), image, tag.offset)


def tags(text: str) -> Iterator[Tag]:
    """Every opening tag of raw HTML in a prose text, closed or not."""
    for found in _TAG.finditer(text):
        rest = text[found.end() : found.end() + _LONGEST_TAG]
        yield Tag(found[1].lower(), tuple(_attributes(rest)), found.start())


def _attributes(rest: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(rest):
        found = _ATTRIBUTE.match(rest, position)
        if found:
            value = found[2] or ""
            if value[:1] in {'"', "'"}:
                value = value[1:-1]
            yield found[1].lower(), html.unescape(value)
            position = found.end()
        elif rest[position] in "<>":
            return
        else:
            position += 1


def _address(written: str) -> str:
    """A target as a browser reads it: no entities, no control characters, no outer white space."""
    if written.isprintable() and not _ESCAPED.search(written):
        return written.strip()
    plain = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", written))
    return "".join(c for c in plain if c >= "\x20" and c != "\x7f").strip()


def position(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1
