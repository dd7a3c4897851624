"""A document of TOSCA 2.0 in the grammar of 1.3, where that has the same thing to say. Pure.

| 2.0 | 1.3 |
|---|---|
| `service_template` | `topology_template` |
| `imports: [{profile: …}, {url: …, namespace: …}]` | `imports`, with `namespace_prefix` |
| `{$get_property: [SELF, CAPABILITY, host, num_cpus]}` | `{get_property: [SELF, host, num_cpus]}` |
| `validation: {$greater_than: [$value, 1]}` | `constraints: [{greater_than: 1}]` |
| `count_range`, `valid_source_node_types`, `valid_capability_types` | as 1.3 calls them |
| a node filter that is a condition | a node filter of clauses |

What 1.3 does not have (functions of one's own, scalars with units of one's own, counts) is refused
by name. Lines stay where they are, and so do the places of values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from deepcat.catalog.reading.document import Document
from deepcat.tosca.reading.definitions import mapping
from deepcat.tosca.reading.library import KINDS, library_of
from deepcat.tosca.reading.names import QUALIFIER
from deepcat.tosca.reading.report import Report, Spot, shown
from deepcat.tosca.reading.version_2_0_values import Values

VERSION: Final = "tosca_2_0"
# The Simple Profile's types are always there; deepcat's libraries go by their names.
_SIMPLE: Final = re.compile(r"(?:org[.]oasis-open[.])?(?:tosca[.])?simple(?::[0-9.]+)?\Z|tosca\Z")
_SECTION: Final = re.compile(r"^service_template(?=[ ]*:)", re.MULTILINE)
_RENAMED: Final = {
    "count_range": "occurrences",
    "valid_source_node_types": "valid_source_types",
    "valid_capability_types": "valid_target_types",
}
_TYPES: Final = {
    "nil": "null",
    "Size": "scalar-unit.size",
    "Time": "scalar-unit.time",
    "Frequency": "scalar-unit.frequency",
    "Bitrate": "scalar-unit.bitrate",
}


def as_1_3(document: Document, report: Report) -> Document:
    """The document in the grammar of 1.3; what that cannot say is reported."""
    return _Translation(document, report).document()


class _Translation:
    def __init__(self, source: Document, report: Report) -> None:
        self.source = source
        self.report = report
        self.values = Values(report)
        self.own_data = mapping(source.data.get("data_types"))

    def document(self) -> Document:
        data = dict(self.source.data)
        spot = Spot(self.source)
        data.pop("profile", None)
        if data.pop("functions", None):
            message = "functions of one's own are not carried out"
            self.report.error(spot / "functions", "version", message, "write their values out")
        if isinstance(data.get("imports"), list):
            data["imports"] = [
                self._import(item, spot / "imports" / index)
                for index, item in enumerate(data["imports"])
            ]
        for kind in KINDS:
            if isinstance(data.get(kind), dict):
                data[kind] = {
                    name: self._type(kind, value, spot / kind / name)
                    for name, value in data[kind].items()
                }
        text = self.source.text
        if "service_template" in data:
            where = spot / "service_template"
            data["topology_template"] = self._topology(data.pop("service_template"), where)
            text = _SECTION.sub("topology_template", text, count=1)
        return replace(self.source, data=data, text=text)

    def _import(self, item: Any, spot: Spot) -> Any:
        if not isinstance(item, dict):
            return item
        known = {"profile", "url", "namespace", "repository", "description", "metadata"}
        for key in item:
            if key not in known:
                message = f"an import of TOSCA 2.0 has no `{shown(key)}`"
                self.report.error(spot / key, "unknown-key", message)
        named = {"namespace_prefix": item["namespace"]} if item.get("namespace") else {}
        profile = item.get("profile")
        if isinstance(profile, str):
            return {"file": self._library(profile, spot / "profile"), **named}
        repository = {"repository": item["repository"]} if "repository" in item else {}
        return {"file": item.get("url"), **repository, **named}

    def _library(self, profile: str, spot: Spot) -> str:
        if _SIMPLE.match(profile):
            return QUALIFIER
        if library_of(profile) is None:
            message = f"`{shown(profile)}` is no profile that is known"
            hint = "import the Simple Profile, `deepcat`, `indigo`, or a file by its `url`"
            self.report.error(spot, "import", message, hint)
            return QUALIFIER
        return profile

    # Types

    def _type(self, kind: str, data: Any, spot: Spot) -> Any:
        if not isinstance(data, dict):
            return data
        result = self._parts(data, spot)
        if kind == "data_types":
            result = self._schema(result, spot)
            if data.get("derived_from") == "scalar" or "units" in data:
                message = (
                    f"scalars with units of one's own, as `{shown(spot.pointer[-1])}`, are not read"
                )
                self.report.error(spot, "version", message, "use Size, Time, Frequency or Bitrate")
                return {}
        capabilities = mapping(result.get("capabilities"))
        if capabilities:
            result["capabilities"] = {
                name: self._parts(value, spot / "capabilities" / name)
                if isinstance(value, dict)
                else value
                for name, value in capabilities.items()
            }
        if isinstance(result.get("requirements"), list):
            result["requirements"] = self._requirements(result["requirements"], spot)
        return result

    def _parts(self, data: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
        """A type, or a capability of one: its keys as 1.3 calls them, its definitions rewritten."""
        result = {_RENAMED.get(key, key): value for key, value in data.items()}
        if "valid_target_node_types" in result:
            message = "which node types a relationship may lead to is not judged"
            self.report.hint(spot / "valid_target_node_types", "version", message, "remove it")
            del result["valid_target_node_types"]
        for section in ("properties", "attributes"):
            if isinstance(result.get(section), dict):
                result[section] = self._schemas(result[section], spot / section)
        if isinstance(result.get("interfaces"), dict):
            result["interfaces"] = self.values.plain(result["interfaces"], spot / "interfaces")
        return result

    def _schemas(self, section: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
        return {name: self._schema(value, spot / name) for name, value in section.items()}

    def _schema(self, data: Any, spot: Spot) -> Any:
        """A definition of a property, an input or a data type."""
        if isinstance(data, str):
            return self._data_type(data)
        if not isinstance(data, dict):
            return data
        result = {**data}
        for key in ("type", "derived_from"):
            if isinstance(result.get(key), str):
                result[key] = self._data_type(result[key])
        if "validation" in result:
            where = spot / "validation"
            result["constraints"] = self.values.constraints(result.pop("validation"), where)
        for key in ("entry_schema", "key_schema"):
            if key in result:
                result[key] = self._schema(result[key], spot / key)
        for key in ("default", "value"):
            if key in result:
                result[key] = self.values.plain(result[key], spot / key)
        return result

    def _data_type(self, name: str) -> str:
        return name if name in self.own_data else _TYPES.get(name, name)

    def _requirements(self, section: list[Any], spot: Spot) -> list[Any]:
        where = spot / "requirements"
        return [
            {name: self._requirement(value, where / index / name) for name, value in item.items()}
            if isinstance(item, dict)
            else item
            for index, item in enumerate(section)
        ]

    def _requirement(self, value: Any, spot: Spot) -> Any:
        if not isinstance(value, dict):
            return value
        result = {
            _RENAMED.get(key, key): self.values.plain(item, spot / key)
            if key != "node_filter"
            else self.values.node_filter(item, spot / key)
            for key, item in value.items()
        }
        if result.get("count") == 1:
            del result["count"]
        return result

    # Topology

    def _topology(self, section: Any, spot: Spot) -> Any:
        if not isinstance(section, dict):
            return section
        result = {
            key: value
            if key in ("inputs", "node_templates", "substitution_mappings")
            else self.values.plain(value, spot / key)
            for key, value in section.items()
        }
        if isinstance(result.get("inputs"), dict):
            result["inputs"] = self._schemas(result["inputs"], spot / "inputs")
        if isinstance(result.get("node_templates"), dict):
            result["node_templates"] = {
                name: self._node(value, spot / "node_templates" / name)
                for name, value in result["node_templates"].items()
            }
        if isinstance(result.get("substitution_mappings"), dict):
            result["substitution_mappings"] = self._mappings(result["substitution_mappings"], spot)
        return result

    def _node(self, data: Any, spot: Spot) -> Any:
        if not isinstance(data, dict):
            return data
        result = {
            key: value
            if key in ("requirements", "node_filter")
            else self.values.plain(value, spot / key)
            for key, value in data.items()
        }
        if isinstance(result.get("requirements"), list):
            result["requirements"] = self._requirements(result["requirements"], spot)
        if "node_filter" in result:
            where = spot / "node_filter"
            result["node_filter"] = self.values.node_filter(result["node_filter"], where)
        if result.get("count") == 1:
            del result["count"]
        return result

    def _mappings(self, section: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
        """2.0 names an input and an output plainly, where 1.3 wants a list of one."""
        where = spot / "substitution_mappings"
        result = {**section}
        for part in ("properties", "attributes"):
            if isinstance(result.get(part), dict):
                result[part] = {
                    name: [value] if isinstance(value, str) else value
                    for name, value in result[part].items()
                }
        if "substitution_filter" in result:
            found = result["substitution_filter"]
            place = where / "substitution_filter"
            result["substitution_filter"] = self.values.node_filter(found, place)
        return result
