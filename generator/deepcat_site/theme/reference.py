"""The reference of the file formats, as Markdown made from their JSON Schemas. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Format(NamedTuple):
    """A format of the catalog's files: its title in the menu, and where such a file stands."""

    title: str
    file: str


# By the name of its schema and of its page.
FORMATS = {
    "module": Format("module.yaml", "modules/NAME/module.yaml"),
    "deployment": Format("Deployments", "deployments/NAME.yaml"),
    "cloud": Format("Clouds", "clouds/NAME.yaml"),
    "collection": Format("Collections", "collections/NAME.yaml"),
    "dataset": Format("Data sets", "datasets/NAME.yaml"),
    "catalog": Format("deepcat.yaml", "deepcat.yaml"),
}
_LONG = 120
_PLURALS = {"object": "mapping", "array": "list"}


def page(schema: Mapping[str, Any], file: str) -> str:
    """One format's reference.

    Args:
        schema: a JSON Schema whose every property has a description and an example.
        file: where such a file stands.
    """
    lines = [
        f"# {schema.get('title', file).replace('<name>', 'NAME')}",
        "",
        str(schema.get("description", "")),
        "",
        f"Such a file stands at `{file}`. Keys that begin with `x-` are yours: deepcat keeps them"
        " and does not read them.",
        "",
    ]
    example = next(iter(schema.get("examples", ())), None)
    if example is not None:
        lines += ["```yaml", _yaml(example), "```", ""]
    lines += list(_properties(schema, schema, "", 2))
    return "\n".join(lines).rstrip() + "\n"


def _resolve(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref", "")
    if not reference.startswith("#/"):
        return node
    target: Any = root
    for key in reference[2:].split("/"):
        target = target[key]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _properties(
    node: Mapping[str, Any], root: Mapping[str, Any], prefix: str, level: int
) -> Iterator[str]:
    needed = set(node.get("required", ()))
    for key, raw in node.get("properties", {}).items():
        inner = _resolve(raw, root)
        name = f"{prefix}{key}"
        yield f"{'#' * min(level, 5)} `{name}`"
        yield ""
        yield str(inner.get("description", ""))
        yield ""
        yield from _facts(inner, root, key in needed)
        yield ""
        yield from _below(inner, root, name, level)


def _below(
    node: Mapping[str, Any], root: Mapping[str, Any], name: str, level: int
) -> Iterator[str]:
    yield from _properties(node, root, f"{name}.", level + 1)
    items = node.get("items")
    if isinstance(items, Mapping):
        yield from _properties(_resolve(items, root), root, f"{name}[].", level + 1)


def _facts(node: Mapping[str, Any], root: Mapping[str, Any], is_needed: bool) -> Iterator[str]:
    yield f"- {_type(node, root)}{', required' if is_needed else ''}"
    words = list(_bounds(node))
    items = node.get("items")
    if isinstance(items, Mapping) and (choices := _resolve(items, root).get("enum")):
        words.append(f"each one of {_listed(choices)}")
    yield from (f"- {word}" for word in words)
    examples = node.get("examples")
    if examples:
        text = json.dumps(examples[0], ensure_ascii=False)
        yield f"- example: `{text if len(text) <= _LONG else text[: _LONG - 1] + '…'}`"


def _type(node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    kinds = node.get("type", "string" if "enum" in node or "const" in node else "any value")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    text = " or ".join(_PLURALS.get(name, name) for name in names)
    items = node.get("items")
    if isinstance(items, Mapping) and "type" in (inner := _resolve(items, root)):
        text += f" of {_PLURALS.get(str(inner['type']), str(inner['type']))}s"
    return text


def _bounds(node: Mapping[str, Any]) -> Iterator[str]:
    if "const" in node:
        yield f"always `{node['const']}`"
    if "enum" in node:
        yield f"one of {_listed(node['enum'])}"
    if "minimum" in node or "maximum" in node:
        low, high = node.get("minimum"), node.get("maximum")
        yield " ".join(
            part
            for part in (
                f"at least {low}" if low is not None else "",
                f"at most {high}" if high is not None else "",
            )
            if part
        )
    if node.get("maxLength") and node.get("type") == "string":
        yield f"at most {node['maxLength']} characters"
    if "default" in node:
        yield f"`{json.dumps(node['default'])}` when left out"


def _listed(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _yaml(value: Any) -> str:
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=96)
    return text.rstrip("\n")
