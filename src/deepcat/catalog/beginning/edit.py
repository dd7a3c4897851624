"""One value of a YAML file changed, or one added to a list, and not a character besides. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from deepcat.catalog.beginning.texts import quoted
from deepcat.catalog.reading.parse import read_bytes
from deepcat.errors import DeepcatError

_PLAIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*\Z")


def with_text(text: str, path: str, key: str, value: str, after: str) -> str:
    """The text with another value of a key of its outermost mapping; all else stays as it is.

    Args:
        text: one YAML document, in block or in flow style.
        path: what to call it in an error.
        key: whose value is to be set; added where it is missing.
        value: plain text that YAML reads as text.
        after: the key that a missing one comes after.

    Raises:
        DeepcatError: it cannot be changed so (``edit/form``).
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        root = None
    if not isinstance(root, yaml.MappingNode) or not _PLAIN.match(value):
        raise refused(path, key, value)
    known = {each.value: node for each, node in root.value if isinstance(each, yaml.ScalarNode)}
    if isinstance(node := known.get(key), yaml.ScalarNode):
        new = _replaced(text, node, value)
    elif key not in known and isinstance(node := known.get(after), yaml.ScalarNode):
        new = _added(text, root, node, key, value)
    else:
        raise refused(path, key, value)
    if data_of(new, path) != {**data_of(text, path), key: value}:
        raise refused(path, key, value)
    return new


def with_item(text: str, path: str, key: str, item: Mapping[str, Any], rows: Sequence[str]) -> str:
    """The text with one more item in a list of its outermost mapping; all else stays as it is.

    Args:
        text: one YAML document, in block style.
        path: what to call it in an error.
        key: of the list; it is added at the end where it is missing.
        item: what is added.
        rows: the same, as lines of a mapping in block style.

    Raises:
        DeepcatError: it cannot be changed so (``edit/form``).
    """
    before = data_of(text, path)
    try:
        changed = _inserted(text, key, item, rows) if before else ""
    except yaml.YAMLError:
        changed = ""
    due = {**before, key: [*(_items(before, key)), dict(item)]}
    if not changed or data_of(changed, path) != due:
        raise refused(path, key, "; ".join(rows))
    return changed


def _items(data: Mapping[str, object], key: str) -> list[object]:
    found = data.get(key)
    return found if isinstance(found, list) else []


def _inserted(text: str, key: str, item: Mapping[str, Any], rows: Sequence[str]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) and not root.flow_style else []
    node = next((value for name, value in pairs if name.value == key), None)
    if node is None:
        head = text if text.endswith("\n") or not text else text + end
        return f"{head}{key}:{end}{_lines(rows, 2, end)}"
    start, stop = node.start_mark.index, node.end_mark.index
    if not node.value:
        line = text.find(end, stop)
        line = len(text) if line < 0 else line
        return (
            f"{text[:start].rstrip(' ')}{text[stop:line]}{end}{_lines(rows, 2, end)}"
            + (text[line + len(end) :])
        )
    if node.flow_style:
        inner = text[: stop - 1].rstrip().removesuffix(",")
        return f"{inner}, {quoted(item)}{text[stop - 1 :]}"
    column = node.start_mark.column
    stop = _end_of_list(text, node.value[-1].end_mark.index, column)
    head = text[:stop] if text[:stop].endswith("\n") else text[:stop] + end
    return f"{head}{_lines(rows, column, end)}{text[stop:]}"


def _lines(rows: Sequence[str], column: int, end: str) -> str:
    space = " " * column
    return "".join(
        f"{space}{'  ' if number else '- '}{row}{end}" for number, row in enumerate(rows)
    )


def _end_of_list(text: str, stop: int, column: int) -> int:
    """Where a list's last line ends: blank lines and what remarks on the next key stay below."""
    stop = text.find("\n", stop - 1) + 1 or len(text)
    while stop:
        begin = text.rfind("\n", 0, stop - 1) + 1
        line = text[begin:stop].rstrip()
        indent = len(line) - len(line.lstrip())
        is_remark = line.lstrip().startswith("#") and indent <= column
        if line and not is_remark:
            return stop
        stop = begin
    return stop


def _replaced(text: str, node: yaml.ScalarNode, value: str) -> str:
    """The value in the quotes that the old one had."""
    quote = node.style if node.style in ("'", '"') else ""
    start, end = node.start_mark.index, node.end_mark.index
    blank = "" if start and text[start - 1].isspace() else " "
    ends = "\n" if node.style in ("|", ">") else ""
    return f"{text[:start]}{blank}{quote}{value}{quote}{ends}{text[end:]}"


def _added(text: str, root: yaml.MappingNode, node: yaml.ScalarNode, key: str, value: str) -> str:
    """A key on a line of its own after another's, or beside it in a flow."""
    end = node.end_mark.index
    if root.flow_style:
        return f'{text[:end]}, "{key}": "{value}"{text[end:]}'
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    start = (text[:line_end].endswith("\r") and line_end - 1) or line_end
    newline = "\r\n" if start != line_end else "\n"
    indent = " " * root.start_mark.column
    return f"{text[:start]}{newline}{indent}{key}: {value}{text[start:]}"


def data_of(text: str, path: str) -> dict[str, object]:
    """What a YAML document says; empty where it is no sound mapping."""
    document, findings = read_bytes(text.encode(), path)
    data = document.data if document and not findings else None
    return dict(data) if isinstance(data, dict) else {}


def refused(path: str, key: str, value: str) -> DeepcatError:
    """A file cannot be changed in one value alone."""
    return DeepcatError(
        f"`{path}` cannot be changed without touching more than `{key}`",
        hint=f"write `{key}: {value}` into it by hand",
        code="edit/form",
    )
