"""Values, validations and node filters of TOSCA 2.0 in the grammar of 1.3. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from deepcat.tosca.reading.definitions import listed
from deepcat.tosca.reading.function_names import NAMES
from deepcat.tosca.reading.report import Report, Spot, nearest, shown

_CLAUSES: Final = {
    "$equal": "equal",
    "$greater_than": "greater_than",
    "$greater_or_equal": "greater_or_equal",
    "$less_than": "less_than",
    "$less_or_equal": "less_or_equal",
    "$in_range": "in_range",
    "$valid_values": "valid_values",
    "$matches": "pattern",
}
_LENGTHS: Final = {
    "$equal": "length",
    "$greater_or_equal": "min_length",
    "$less_or_equal": "max_length",
}
_ENDS: Final = frozenset(("SOURCE", "TARGET"))


class Values:
    """Rewrites what stands in a document of 2.0.

    Args:
        report: where what cannot be said is reported.
    """

    def __init__(self, report: Report) -> None:
        self.report = report

    def plain(self, value: Any, spot: Spot) -> Any:
        """A value with its functions as 1.3 writes them; `$$` before a key stands for `$`."""
        if isinstance(value, list):
            return [self.plain(item, spot / index) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if isinstance(key, str) and key.startswith("$") and not key.startswith("$$"):
                return self._function(key, argument, spot)
        return {
            key[1:] if isinstance(key, str) and key.startswith("$$") else key: self.plain(
                item, spot / key
            )
            for key, item in value.items()
        }

    def _function(self, key: str, argument: Any, spot: Spot) -> Any:
        name = key[1:]
        if name not in NAMES:
            message = f"there is no function `{shown(key)}`"
            hint = nearest(key, [f"${known}" for known in NAMES])
            self.report.error(spot, "unknown-function", message, hint)
            return None
        inner = self.plain(argument, spot / key)
        if name in ("get_property", "get_attribute") and isinstance(inner, list):
            inner = self._path(inner, spot)
        return None if inner is None else {name: inner}

    def _path(self, path: list[Any], spot: Spot) -> list[Any] | None:
        """`[SELF, RELATIONSHIP, host, TARGET, CAPABILITY, host, x]` is `[SELF, host, host, x]`."""
        if not path or not all(isinstance(part, (str, int)) for part in path):
            return path
        start, *rest = path
        if start == "SELF" and rest[:1] and rest[0] in _ENDS:
            start, *rest = rest
        found = [start]
        while len(rest) > 1 and rest[0] in ("CAPABILITY", "RELATIONSHIP"):
            word, name, *rest = rest
            found.append(name)
            if word == "CAPABILITY":
                continue
            rest = rest[1:] if rest[:1] == [0] else rest
            if rest[:1] not in (["TARGET"], ["CAPABILITY"]):
                message = "what a node's relationship has is named by its template alone"
                self.report.error(spot, "function", message, "ask its TARGET, or its template")
                return None
            rest = rest[1:]
        return [*found, *rest]

    # Conditions

    def constraints(self, condition: Any, spot: Spot) -> list[dict[str, Any]]:
        """A validation as a list of clauses."""
        found = []
        for key, arguments, where in self._all(condition, spot):
            match arguments:
                case [subject, limit] if _is_value(subject) and key in _CLAUSES:
                    found.append({_CLAUSES[key]: limit})
                case [{"$length": [subject]}, limit] if _is_value(subject) and key in _LENGTHS:
                    found.append({_LENGTHS[key]: limit})
                case _:
                    message = f"a validation by `{shown(key)}` is not read"
                    hint = "compare `$value` with a plain value, by " + ", ".join(_CLAUSES)
                    self.report.error(where, "version", message, hint)
        return found

    def node_filter(self, condition: Any, spot: Spot) -> Any:
        """A node filter that is a condition as one of clauses; one of 1.3's stays as it is."""
        if not (isinstance(condition, dict) and any(str(key)[:1] == "$" for key in condition)):
            return self.plain(condition, spot)
        properties: list[Any] = []
        capabilities: list[Any] = []
        for key, arguments, where in self._all(condition, spot):
            match arguments:
                case [{"$get_property": ["SELF", "CAPABILITY", str(capability), str(name)]}, limit]:
                    clause = {name: {_CLAUSES.get(key, key): self.plain(limit, where)}}
                    capabilities.append({capability: {"properties": [clause]}})
                case [{"$get_property": ["SELF", str(name)]}, limit]:
                    properties.append({name: {_CLAUSES.get(key, key): self.plain(limit, where)}})
                case _:
                    message = f"a filter by `{shown(key)}` is not read"
                    hint = "compare `$get_property: [SELF, …]` with a value"
                    self.report.error(where, "version", message, hint)
        return {"properties": properties, "capabilities": capabilities}

    def _all(self, condition: Any, spot: Spot) -> Iterator[tuple[str, Any, Spot]]:
        """The conditions that must all hold."""
        if isinstance(condition, dict) and len(condition) == 1:
            ((key, arguments),) = condition.items()
            if key == "$and":
                for index, item in enumerate(listed(arguments)):
                    yield from self._all(item, spot / key / index)
            else:
                yield str(key), arguments, spot / key
        else:
            self.report.error(spot, "version", "this is no condition", "write `{$FUNCTION: […]}`")


def _is_value(subject: Any) -> bool:
    return subject == "$value" or (isinstance(subject, dict) and list(subject) == ["$value"])
