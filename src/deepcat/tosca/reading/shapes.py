"""What the parts of a topology look like: lists, mappings and their keys, as a table. Pure.

tosca-parser found some of these, or stumbled over them, where nothing here looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deepcat.tosca.reading.definitions import mapping
from deepcat.tosca.reading.report import Report, Spot, nearest, one, shown, words


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a part looks like; what is empty looks right as anything.

    Attributes:
        what: it is called.
        is_list: whether it is a list, and not a mapping.
        elsewhere: whether other files say what is wrong where it is no mapping.
        text: whether it may be plain text instead.
        either: whether it may be a list of mappings, or a mapping.
        keys: it may have; None for any.
        parts: key -> what stands there looks like.
        each: what every value looks like that `parts` do not tell of.
    """

    what: str
    is_list: bool = False
    elsewhere: bool = False
    text: bool = False
    either: bool = False
    keys: frozenset[str] | None = None
    parts: Mapping[str, _Shape] = field(default_factory=dict)
    each: _Shape | None = None


_ANY: Final = _Shape("mapping")
_OTHER: Final = _Shape("")
_NAMES: Final = _Shape("list", is_list=True)
_OPERATION: Final = _Shape(
    "operation",
    text=True,
    keys=words("description implementation inputs outputs metadata"),
    parts={
        "inputs": _ANY,
        "outputs": _ANY,
        "implementation": _Shape(
            "implementation",
            text=True,
            keys=words("primary dependencies timeout operation_host description metadata"),
        ),
    },
)
_OPERATIONS: Final = _Shape("mapping of operations", each=_OPERATION)
_INTERFACES: Final = _Shape(
    "mapping of interfaces",
    each=_Shape(
        "interface",
        parts={
            **dict.fromkeys(("inputs", "metadata"), _ANY),
            **dict.fromkeys(("type", "description", "derived_from", "version"), _OTHER),
            "operations": _OPERATIONS,
            "notifications": _OPERATIONS,
        },
        each=_OPERATION,
    ),
)
_RELATIONSHIP: Final = _Shape(
    "relationship",
    text=True,
    elsewhere=True,
    keys=words("type description metadata properties attributes interfaces copy"),
    parts={"properties": _ANY, "attributes": _ANY, "interfaces": _INTERFACES},
)
_FILTER: Final = _Shape("node filter", keys=words("properties capabilities"))
_NODE: Final = _Shape(
    "node",
    elsewhere=True,
    parts={
        **dict.fromkeys(("properties", "attributes", "artifacts", "metadata"), _ANY),
        "node_filter": _FILTER,
        "directives": _NAMES,
        "capabilities": _Shape(
            "mapping of capabilities",
            each=_Shape(
                "capability",
                keys=words("properties attributes occurrences directives"),
                parts={"properties": _ANY, "attributes": _ANY},
            ),
        ),
        "requirements": _Shape(
            "list of requirements",
            is_list=True,
            each=_Shape(
                "requirement",
                elsewhere=True,
                parts={"relationship": _RELATIONSHIP, "node_filter": _FILTER},
            ),
        ),
        "interfaces": _INTERFACES,
    },
)
_TYPE: Final = _Shape(
    "type",
    elsewhere=True,
    parts={
        **dict.fromkeys(("properties", "attributes", "artifacts", "metadata"), _ANY),
        **dict.fromkeys(("valid_source_types", "valid_target_types"), _NAMES),
        "interfaces": _INTERFACES,
        "capabilities": _Shape("mapping of capabilities", each=_Shape("capability", text=True)),
        "requirements": _Shape(
            "list of requirements", is_list=True, each=_Shape("requirement", text=True)
        ),
    },
)
_TOPOLOGY: Final = _Shape(
    "topology",
    parts={
        "inputs": _ANY,
        "substitution_mappings": _Shape("mapping", parts={"substitution_filter": _FILTER}),
        "node_templates": _Shape("mapping of nodes", each=_NODE),
        "relationship_templates": _Shape("mapping of relationships", each=_RELATIONSHIP),
        "outputs": _Shape(
            "mapping of outputs",
            each=_Shape(
                "output",
                elsewhere=True,
                keys=words(
                    "description value type mapping required default status constraints "
                    "entry_schema key_schema metadata"
                ),
            ),
        ),
        "groups": _Shape(
            "mapping of groups",
            each=_Shape(
                "group",
                keys=words(
                    "type description metadata properties attributes members targets interfaces"
                ),
                parts={"members": _NAMES, "properties": _ANY},
            ),
        ),
        "policies": _Shape(
            "list of policies",
            either=True,
            each=_Shape(
                "policy",
                keys=words("type description metadata properties targets triggers"),
                parts={"targets": _NAMES, "properties": _ANY, "triggers": _ANY},
            ),
        ),
    },
)


def judge_topology(data: Any, spot: Spot, report: Report) -> None:
    """Report what does not look as TOSCA wants it in a topology."""
    _judge(mapping(data), _TOPOLOGY, spot, report)


def judge_type(data: Any, spot: Spot, report: Report) -> None:
    """Report what does not look as TOSCA wants it in a type's definition."""
    _judge(data, _TYPE, spot, report)


def _judge(value: Any, shape: _Shape, spot: Spot, report: Report) -> None:
    if value in (None, [], {}) or not shape.what or (shape.text and isinstance(value, str)):
        return
    if isinstance(value, list) and (shape.is_list or shape.either):
        for name, item, where in _items(value, shape, spot, report):
            below = shape.parts.get(name, shape.each)
            if below is not None:
                _judge(item, below, where, report)
        return
    if shape.elsewhere and not isinstance(value, dict):
        return
    if shape.is_list or not isinstance(value, dict):
        last = spot.pointer[-1] if spot.pointer else ""
        message = f"`{shown(last)}` is {one(shape.what)}"
        how = "- NAME" if shape.is_list else "NAME: …"
        report.error(spot, "type", message, f"write `{how}` below it")
        return
    for key, item in value.items():
        if shape.keys is not None and key not in shape.keys:
            message = f"{one(shape.what)} has no `{shown(key)}`"
            report.error(spot / key, "unknown-key", message, nearest(key, shape.keys))
            continue
        below = shape.parts.get(key, shape.each)
        if below is not None and (item.__class__ is not str or not below.text):
            _judge(item, below, spot / key, report)


def _items(
    items: list[Any], shape: _Shape, spot: Spot, report: Report
) -> Iterator[tuple[str, Any, Spot]]:
    """The entries of a list of mappings; a plain list of names has none."""
    for index, item in enumerate(items):
        if isinstance(item, dict):
            for name, value in item.items():
                yield name, value, spot / index / name
        elif shape.each is not None:
            message = f"this is no {shape.each.what}"
            report.error(spot / index, "type", message, "write `- NAME: …`")
