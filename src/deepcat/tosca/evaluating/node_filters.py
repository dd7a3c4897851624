"""Node filters: which node passes one, and what machine would. Pure.

A filter that no node of the template passes, but that is about a machine, is kept by asking an
offer for one: for each of its properties the least value that its clauses allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from deepcat.tosca.evaluating import constraints
from deepcat.tosca.evaluating.drafts import Draft, Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.evaluating.primitives import is_deferred
from deepcat.tosca.reading.definitions import EntityType, Schema, listed, mapping
from deepcat.tosca.reading.report import Spot, shown
from deepcat.tosca.reading.scalars import mebibytes

MACHINE: Final = "tosca.nodes.Compute"
_LEAST: Final = frozenset(("equal", "greater_or_equal", "greater_than", "in_range", "valid_values"))
_BOUNDS: Final = frozenset(("less_or_equal", "less_than"))


class Clause(NamedTuple):
    """One clause on a property of a node, or of one of its capabilities (empty for the node)."""

    capability: str
    name: str
    operator: str
    argument: Any
    spot: Spot


class CannotAskError(Exception):
    """No machine can be asked for what a filter wants; the text says why."""


class Filters:
    """Holds nodes against filters, and finds what machine a filter asks for.

    Args:
        evaluator: works values out.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.types = evaluator.types
        self.report = evaluator.report

    def offered(self, kind: EntityType, capability: Any) -> str | None:
        """The capability of a node type by name, asked for by its name or its type."""
        offers = kind.capabilities
        if not capability:
            return "feature" if "feature" in offers else next(iter(offers), None)
        if not isinstance(capability, str):
            return None
        if capability in offers:
            return capability
        for name, offer in offers.items():
            if self.types.is_a("capability_types", offer.type, capability):
                return name
        return None

    def clauses(self, kind: EntityType, raw: Any, spot: Spot, scope: Scope) -> list[Clause] | None:
        """A filter's clauses; None where the type has no such capability."""
        found = [
            Clause("", name, *clause)
            for name, value, where in parts(mapping(raw).get("properties"), spot / "properties")
            for clause in self._clauses(value, where, scope)
        ]
        below = parts(mapping(raw).get("capabilities"), spot / "capabilities")
        for name, inner, where in below:
            capability = self.offered(kind, name)
            if capability is None:
                return None
            section = parts(mapping(inner).get("properties"), where / "properties")
            for key, value, place in section:
                found += [
                    Clause(capability, key, *clause)
                    for clause in self._clauses(value, place, scope)
                ]
        return found

    def _clauses(self, raw: Any, spot: Spot, scope: Scope) -> Iterator[tuple[str, Any, Spot]]:
        for index, clause in enumerate(listed(raw) or [raw]):
            where = spot / index if isinstance(raw, list) else spot
            operator, argument = "equal", clause
            if isinstance(clause, dict) and len(clause) == 1:
                (key,) = clause
                if key in constraints.CLAUSES or not self.evaluator.is_function(key):
                    operator, argument, where = key, clause[key], where / key
            yield operator, self.evaluator.value(argument, None, where, scope), where

    # Nodes

    def passes(self, target: Draft, raw: Any, spot: Spot, scope: Scope) -> bool:
        """Whether a node has all that a filter wants; what is known only later counts as had."""
        found = self.clauses(target.type, raw, spot, scope)
        return found is not None and all(self._holds(target, clause) for clause in found)

    def _holds(self, target: Draft, clause: Clause) -> bool:
        schema = self.evaluator.schemas(target, clause.capability).get(clause.name)
        if schema is None:
            return False
        value = self.evaluator.property(target.name, clause.capability, clause.name)
        if value is None:
            return False
        if is_deferred(value) or is_deferred(clause.argument):
            return True
        return self._meets(value, clause, schema)

    def _meets(self, value: Any, clause: Clause, schema: Schema) -> bool:
        try:
            return constraints.holds(clause.operator, clause.argument, value, schema.type)
        except constraints.BadClauseError as error:
            self.report.error(clause.spot, "constraint", shown(str(error)), "mend the filter")
            return False

    # Machines

    def asked(
        self, kind: EntityType, filters: list[tuple[Any, Spot]], scope: Scope
    ) -> dict[str, dict[str, Any]]:
        """What a machine must have to pass: capability (empty for the node) -> property -> value.

        Raises:
            CannotAskError: the filters want what is no property of a machine, or contradict.
        """
        if MACHINE not in kind.ancestry:
            raise CannotAskError(f"`{shown(kind.name)}` is no machine, which an offer could be")
        wanted: dict[tuple[str, str], list[Clause]] = {}
        for raw, spot in filters:
            found = self.clauses(kind, raw, spot, scope)
            if found is None:
                raise CannotAskError(f"a `{shown(kind.name)}` lacks a capability that is filtered")
            for clause in found:
                wanted.setdefault((clause.capability, clause.name), []).append(clause)
        result: dict[str, dict[str, Any]] = {}
        for (capability, name), clauses in wanted.items():
            schemas = kind.capabilities[capability].properties if capability else kind.properties
            if name not in schemas:
                raise CannotAskError(f"a `{shown(kind.name)}` has no property `{shown(name)}`")
            value = self._least(clauses, schemas[name])
            if value is not None:
                result.setdefault(capability, {})[name] = value
        return result

    def select(self, draft: Draft) -> None:
        """Let a node that is to be selected by a filter have what the filter asks for."""
        if draft.data.get("node_filter") is None:
            return
        raw, spot, scope = draft.data["node_filter"], draft.spot / "node_filter", Scope(draft.name)
        try:
            asked = self.asked(draft.type, [(raw, spot)], scope)
        except CannotAskError as why:
            message = f"nothing can be selected for `{shown(draft.name)}`"
            self.report.error(spot, "requirement", message, str(why))
            return
        for capability, values in asked.items():
            if capability:
                given, where = draft.capabilities.get(capability, ({}, spot))
                draft.capabilities[capability] = ({**values, **given}, where)
            else:
                given = mapping(draft.data.get("properties"))
                draft.data = {**draft.data, "properties": {**values, **given}}
        if not self.passes(draft, raw, spot, scope):
            message = f"`{shown(draft.name)}` does not pass its own filter"
            self.report.error(spot, "requirement", message, "change the filter, or the node")

    def _least(self, clauses: list[Clause], schema: Schema) -> Any:
        """The least value that all clauses allow; None where they ask for nothing."""
        candidates: list[Any] = []
        for clause in clauses:
            if clause.operator not in _LEAST | _BOUNDS:
                raise CannotAskError(f"no offer can be asked for a {shown(clause.operator)}")
            candidates += _candidates(clause, schema.type)
        for value in (value for value in candidates if is_deferred(value)):
            return value
        known = [clause for clause in clauses if not is_deferred(clause.argument)]
        for value in _sorted(candidates, schema.type):
            if all(self._meets(value, clause, schema) for clause in known):
                return value
        if not candidates:
            return None
        raise CannotAskError(f"no `{shown(clauses[0].name)}` meets all of the filter")


def machine_draft(
    name: str, kind: EntityType, asked: Mapping[str, Mapping[str, Any]], spot: Spot
) -> Draft:
    """A machine that nobody wrote down, of what is asked of it."""
    data = {"type": kind.name, "properties": asked.get("", {}), "directives": ["select"]}
    capabilities = {part: (values, spot) for part, values in asked.items() if part}
    return Draft(name, data, spot, kind, capabilities)


def parts(raw: Any, spot: Spot) -> Iterator[tuple[str, Any, Spot]]:
    """A filter's parts, written as a list of mappings or as one mapping."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            yield name, value, spot / name
    for index, item in enumerate(listed(raw)):
        for name, value in mapping(item).items():
            yield name, value, spot / index / name


def _candidates(clause: Clause, type_name: str) -> list[Any]:
    """Values that may be the least ones which a clause allows."""
    argument = clause.argument
    if clause.operator in _BOUNDS:
        return []
    if clause.operator == "valid_values":
        return listed(argument)
    if clause.operator == "in_range":
        return [low for low in listed(argument)[:1] if low != "UNBOUNDED"]
    if clause.operator == "greater_than":
        return [_next(argument, type_name)]
    return [argument]


def _next(value: Any, type_name: str) -> Any:
    if type_name == "scalar-unit.size":
        return f"{mebibytes(value) + 1} MiB"
    return value + 1 if type(value) in (int, float) else value


def _sorted(values: list[Any], type_name: str) -> list[Any]:
    """The values, least first; in their own order where they do not compare, or are names."""
    try:
        if type_name == "string":
            return values
        return sorted(values, key=lambda value: constraints.comparable(value, type_name))
    except TypeError:
        return values
