"""Values put at places of a YAML file, and not a character besides. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import yaml

from deepcat.catalog.beginning.edit import data_of
from deepcat.catalog.beginning.edit import refused as cannot
from deepcat.catalog.beginning.texts import quoted

# Keys of mappings and numbers of list items, from the outermost one on.
At: TypeAlias = tuple[str | int, ...]


def put(text: str, path: str, values: Mapping[At, Any]) -> str:
    """The text with these values at these places; all else stays as it is.

    Args:
        text: one YAML document, whose outermost mapping is in block style.
        path: what to call it in an error.
        values: place -> plain data; what holds it is there, and a mapping's key that is not is
            added at its end.

    Raises:
        DeepcatError: it cannot be changed so (``edit/form``).
    """
    due = json.loads(json.dumps(data_of(text, path)))
    for at, value in values.items():
        shown = ".".join(map(str, at))
        try:
            text = _one(text, at, value)
            _set(due, at, value)
        except (yaml.YAMLError, LookupError, TypeError):
            raise cannot(path, shown, quoted(value)) from None
        if json.loads(json.dumps(data_of(text, path))) != due:
            raise cannot(path, shown, quoted(value))
    return text


def without(text: str, path: str, parent: str, key: str) -> str:
    """The text without a key of a mapping in block style, which its outermost one holds.

    Raises:
        DeepcatError: it cannot be changed so (``edit/form``).
    """
    due = json.loads(json.dumps(data_of(text, path)))
    try:
        node = _child(yaml.compose(text, Loader=yaml.SafeLoader), parent)
        name, value = next(each for each in node.value if each[0].value == key)
        if node.flow_style or len(node.value) < 2:
            raise LookupError(key)
        start = name.start_mark.index - name.start_mark.column
        new = text[:start] + text[_end(text, value) :]
        del due[parent][key]
    except (yaml.YAMLError, LookupError, AttributeError, StopIteration):
        raise cannot(path, f"{parent}.{key}", "") from None
    if json.loads(json.dumps(data_of(new, path))) != due:
        raise cannot(path, f"{parent}.{key}", "")
    return new


def put_first(text: str, path: str, key: str, item: Mapping[str, Any]) -> str:
    """The text with one more item, of plain values, at the head of a list of its outermost mapping.

    Raises:
        DeepcatError: it cannot be changed so (``edit/form``).
    """
    data = json.loads(json.dumps(data_of(text, path)))
    old = data.get(key) or []
    try:
        node = _child(yaml.compose(text, Loader=yaml.SafeLoader), key)
        if not old or not isinstance(node, yaml.SequenceNode) or node.flow_style:
            return put(text, path, {(key,): [item, *old]})
        start = node.start_mark.index - node.start_mark.column
        rows = [f"{name}: {_scalar(value, None)}" for name, value in item.items()]
        pad = " " * node.start_mark.column
        shown = "".join(f"{pad}{'  ' if n else '- '}{row}\n" for n, row in enumerate(rows))
        new = text[:start] + shown + text[start:]
    except (yaml.YAMLError, LookupError):
        raise cannot(path, key, quoted(item)) from None
    if json.loads(json.dumps(data_of(new, path))) != {**data, key: [item, *old]}:
        raise cannot(path, key, quoted(item))
    return new


def _set(data: Any, at: At, value: Any) -> None:
    for step in at[:-1]:
        data = data[step]
    data[at[-1]] = json.loads(json.dumps(value))


def _one(text: str, at: At, value: Any) -> str:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in at[:-1]:
        node = _child(node, step)
        if node is None:
            raise LookupError(step)
    old = _child(node, at[-1])
    if old is None:
        return _added(text, node, str(at[-1]), value)
    if isinstance(old, yaml.ScalarNode) or old.flow_style:
        style = old.style if isinstance(old, yaml.ScalarNode) else None
        new = _scalar(value, style)
        end = "\n" if style in ("|", ">") else ""
        return text[: old.start_mark.index] + new + end + text[old.end_mark.index :]
    if not isinstance(at[-1], str) or node.flow_style:
        raise LookupError(at[-1])
    key = next(key for key, each in node.value if each is old)
    start, stop = key.start_mark.index - key.start_mark.column, _end(text, old)
    return text[:start] + _rows(at[-1], value, key.start_mark.column) + text[stop:]


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step]
    raise LookupError(step)


def _added(text: str, node: Any, key: str, value: Any) -> str:
    if not isinstance(node, yaml.MappingNode):
        raise LookupError(key)
    if node.flow_style:
        inner = text[: node.end_mark.index - 1].rstrip().removesuffix(",")
        comma = ", " if node.value else ""
        return f"{inner}{comma}{json.dumps(key)}: {quoted(value)}{text[node.end_mark.index - 1 :]}"
    stop = _end(text, node)
    head = text[:stop] if text[:stop].endswith("\n") else f"{text[:stop]}\n"
    return head + _rows(key, value, node.start_mark.column) + text[stop:]


def _end(text: str, node: Any) -> int:
    """Behind the last line of a node in block style; remarks and blank lines below stay there."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    stop = int(node.end_mark.index)
    if stop and text[stop - 1] == "\n":
        return stop
    return text.find("\n", stop) + 1 or len(text)


def _rows(key: str, value: Any, column: int) -> str:
    """A key and its value as lines in block style."""
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        data = json.loads(json.dumps(value))
        shown = yaml.safe_dump(
            {key: data}, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
        )
    else:
        shown = f"{key}: {_scalar(value, None)}\n"
    return "".join(f"{' ' * column}{line}\n" for line in shown.splitlines())


def _scalar(value: Any, style: str | None) -> str:
    if isinstance(value, str) and style is None and _is_plain(value):
        return value
    shown = quoted(value)
    if isinstance(value, float) and "e" in shown and "." not in shown:
        return shown.replace("e", ".0e")  # else YAML 1.1 takes it for text
    return shown


def _is_plain(value: str) -> bool:
    """Whether YAML reads a text that stands bare as that text."""
    try:
        is_same = yaml.safe_load(value) == value and ": " not in value and " #" not in value
    except yaml.YAMLError:
        return False
    return is_same and value.replace("-", "").replace(".", "").isalnum()
