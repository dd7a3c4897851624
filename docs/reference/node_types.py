"""The reference of deepcat's own TOSCA types, written from the type library itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepcat.tosca.reading.library import definition, library

_HEAD = """\
# deepcat's TOSCA types

<!-- Written by docs/reference/write.py. -->

What a template gets by `imports: [deepcat]`, besides TOSCA's own types. Whatever a type inherits
from the one that it is derived from holds, too. The [cookbook](../guides/topology.md) shows them at
work; [what others' templates bring](../guides/types.md) has a page of its own.

"""
_KINDS = {
    "node_types": "Nodes",
    "relationship_types": "Relationships",
    "capability_types": "Capabilities",
    "data_types": "Data types",
    "interface_types": "Interfaces",
    "artifact_types": "Artifacts",
    "policy_types": "Policies",
    "group_types": "Groups",
}


def page() -> str:
    """The page."""
    parts = [_HEAD]
    for kind, title in _KINDS.items():
        names = list(library("deepcat")[kind])
        if names:
            parts.append(f"## {title}\n\n")
            parts += [_type(name, definition("deepcat", kind, name)) for name in names]
    return "".join(parts)


def _type(name: str, found: Mapping[str, Any]) -> str:
    parts = [f"### {name}\n\n"]
    if found.get("description"):
        parts.append(f"{found['description']}\n\n")
    if found.get("derived_from"):
        parts.append(f"Derived from `{found['derived_from']}`.\n\n")
    parts.append(_table("property", found.get("properties", {})))
    attributes = found.get("attributes", {})
    parts.append(_rows("attribute", {name: _written(each) for name, each in attributes.items()}))
    parts.append(_rows("capability", {k: _of(v) for k, v in found.get("capabilities", {}).items()}))
    parts.append(_rows("requirement", _requirements(found.get("requirements", ()))))
    parts.append(_rows("operation", dict(_operations(found.get("interfaces", {})))))
    return "".join(parts)


def _table(what: str, found: Mapping[str, Any]) -> str:
    if not found:
        return ""
    rows = [
        f"| `{name}` | {_written(each)} | {_default(each)} | {_rules(each)} |"
        for name, each in found.items()
    ]
    head = f"| {what} | type | if not given | must be |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(rows) + "\n\n"


def _rows(what: str, found: Mapping[str, str]) -> str:
    if not found:
        return ""
    rows = "\n".join(f"| `{name}` | {text} |" for name, text in found.items())
    return f"| {what} | is |\n| --- | --- |\n{rows}\n\n"


def _written(each: Mapping[str, Any]) -> str:
    entry = each.get("entry_schema")
    inner = _written(entry) if isinstance(entry, Mapping) else entry
    kind = str(each.get("type", "string"))
    named = f"`{kind}`" if "." in kind else kind
    return f"{named} of {inner}" if inner else named


def _default(each: Mapping[str, Any]) -> str:
    if "default" in each:
        return f"`{json.dumps(each['default'])}`"
    return "" if each.get("required") is False else "**required**"


def _rules(each: Mapping[str, Any]) -> str:
    rules = list(each.get("constraints", ()))
    rules += (each.get("entry_schema") or {}).get("constraints", ())
    written = [f"`{key}: {json.dumps(value)}`" for rule in rules for key, value in rule.items()]
    return ", ".join(written)


def _of(capability: Mapping[str, Any]) -> str:
    sources = capability.get("valid_source_types", ())
    among = f", for {', '.join(f'`{each}`' for each in sources)}" if sources else ""
    return f"`{capability['type']}`{among}"


def _requirements(found: Any) -> dict[str, str]:
    rows = {}
    for each in found:
        for name, asked in each.items():
            parts = [f"`{asked['capability']}`"]
            parts += [f"of a `{asked['node']}`"] if "node" in asked else []
            parts += [f"by `{asked['relationship']}`"] if "relationship" in asked else []
            least, most = asked.get("occurrences", (1, 1))
            parts.append(f", {least} to {'any number' if most == 'UNBOUNDED' else most}")
            rows[name] = " ".join(parts).replace(" ,", ",")
    return rows


def _operations(interfaces: Mapping[str, Any]) -> Any:
    for name, interface in interfaces.items():
        for operation, does in (interface.get("operations") or {}).items():
            carried = does if isinstance(does, str) else (does or {}).get("implementation", "")
            role = str(carried).removeprefix("role:")
            yield (
                f"{name}.{operation}",
                f"carried out by the role `{role}`" if role else "by the module's own script",
            )
