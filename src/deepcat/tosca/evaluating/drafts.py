"""Node templates on their way to nodes: what is known of each while links and values are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.tosca.reading.definitions import EntityType
from deepcat.tosca.reading.report import Spot


@dataclass(slots=True)
class Link:
    """A requirement that was met, before its values are worked out.

    Attributes:
        given: what the relationship's template, or the requirement itself, assigns.
        spot: where that stands.
    """

    requirement: str
    target: str
    capability: str
    relationship: EntityType | None
    given: Mapping[str, Any]
    spot: Spot


@dataclass(slots=True)
class Inner:
    """What stands for a substituted node.

    Attributes:
        nodes: names of the inner nodes.
        capabilities: the node's capability -> inner node and its capability.
        requirements: the node's requirement -> inner node and its requirement.
        attributes: the node's attribute -> inner node and its attribute.
        outputs: inner output -> its value as written, and its place.
    """

    nodes: tuple[str, ...]
    capabilities: dict[str, tuple[str, str]] = field(default_factory=dict)
    requirements: dict[str, tuple[str, str]] = field(default_factory=dict)
    attributes: dict[str, tuple[str, str]] = field(default_factory=dict)
    outputs: dict[str, tuple[Any, Spot]] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A node template on its way to a node."""

    name: str
    data: Mapping[str, Any]
    spot: Spot
    type: EntityType
    capabilities: dict[str, tuple[Mapping[str, Any], Spot]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    inner: Inner | None = None

    def link(self, requirement: str) -> Link | None:
        """The first link of a requirement."""
        return next((link for link in self.links if link.requirement == requirement), None)

    def host(self) -> str:
        """The node that hosts this one, or an empty name."""
        for link in self.links:
            hosted = (
                link.relationship and "tosca.relationships.HostedOn" in link.relationship.ancestry
            )
            if link.requirement == "host" or (hosted and self.link("host") is None):
                return link.target
        return ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who speaks: what SELF, SOURCE and TARGET mean; SELF is a relationship where there is one."""

    node: str = ""
    source: str = ""
    target: str = ""
    link: Link | None = None
