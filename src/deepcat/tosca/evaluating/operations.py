"""The operations of nodes and relationships: their inputs, and what carries them out. Pure.

`standard-for-configure` is a relaxation: templates of the field give a relationship's operations by
the name of the nodes' interface, and tosca-parser looks at neither.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from deepcat.tosca.evaluating.drafts import Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.reading.definitions import (
    EntityType,
    Procedure,
    Schema,
    mapping,
    operations_of,
    short_name,
)
from deepcat.tosca.reading.files import Files, inside
from deepcat.tosca.reading.library import library
from deepcat.tosca.reading.report import Spot, nearest, shown
from deepcat.tosca.topology import Operation

LIFECYCLE: Final = ("create", "configure", "start", "stop", "delete")
_IMAGE: Final = "tosca.artifacts.Deployment.Image"
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class Operations:
    """Works out the operations of a type together with those that a template gives itself.

    Args:
        evaluator: works values out.
        files: what implementations may name.
    """

    def __init__(self, evaluator: Evaluator, files: Files) -> None:
        self.evaluator = evaluator
        self.types = evaluator.types
        self.report = evaluator.report
        self.files = files

    def of(
        self,
        kind: EntityType,
        data: Mapping[str, Any],
        spot: Spot,
        scope: Scope,
        artifacts: Mapping[str, tuple[Any, Spot]],
    ) -> tuple[Operation, ...]:
        """The operations that do something, in the order of the lifecycle.

        Args:
            kind: the type of the node or relationship.
            data: its template.
            spot: where that stands.
            scope: who is meant by SELF, SOURCE and TARGET.
            artifacts: what implementations may name.
        """
        known: dict[str, dict[str, tuple[Procedure, ...]]] = {
            name: dict(operations) for name, operations in kind.interfaces.items()
        }
        shared = dict(kind.inputs)
        for name, value in mapping(data.get("interfaces")).items():
            where, short = spot / "interfaces" / name, short_name(name)
            typed = isinstance(mapping(value).get("type"), str)
            if short == "Standard" and short not in known and "Configure" in known:
                message = "a relationship has no interface `Standard`; `Configure` is meant"
                self.report.hint(where, "misplaced", message, "call it `Configure`")
                short = "Configure"
            if short not in known and not typed:
                message = f"`{shown(kind.name)}` has no interface `{shown(name)}`"
                self.report.error(where, "unknown-interface", message, nearest(short, known))
                continue
            own = mapping(value).get("inputs"), where / "inputs"
            shared[short] = (*shared.get(short, ()), own)
            operations = known.setdefault(short, {})
            for operation, body, place in operations_of(mapping(value), where):
                if operation not in operations and not typed:
                    message = f"`{shown(name)}` has no operation `{shown(operation)}`"
                    hint = nearest(operation, operations)
                    self.report.error(place, "unknown-operation", message, hint)
                    continue
                found = Procedure(body, place)
                operations[operation] = (found, *operations.get(operation, ()))
        made = [
            made
            for interface, operations in known.items()
            for name, procedures in operations.items()
            if (made := self._operation(interface, name, procedures, scope, artifacts, shared))
        ]
        rank = {name: index for index, name in enumerate(LIFECYCLE)}
        return tuple(sorted(made, key=lambda item: rank.get(item.name, len(rank))))

    def _operation(
        self,
        interface: str,
        name: str,
        procedures: tuple[Procedure, ...],
        scope: Scope,
        artifacts: Mapping[str, tuple[Any, Spot]],
        shared: Mapping[str, tuple[tuple[Any, Spot], ...]],
    ) -> Operation | None:
        implementation, origin = "", ""
        inputs: dict[str, Any] = {}
        schemas: dict[str, Schema | None] = {}
        for given, spot in shared.get(interface, ()):
            inputs |= self._arguments(given, spot, scope, schemas)
        own: dict[str, Any] = {}
        for procedure in reversed(procedures):
            body, spot = procedure.data, procedure.spot
            found = body if isinstance(body, str) else mapping(body).get("implementation")
            if isinstance(found, dict):
                found = found.get("primary")
                spot = spot / "implementation"
            if isinstance(found, str) and found:
                where = spot if isinstance(body, str) else spot / "implementation"
                implementation, origin = self._implementation(found, where, procedure, artifacts)
            own |= self._arguments(mapping(body).get("inputs"), spot / "inputs", scope, schemas)
        if not implementation:
            return None
        return Operation(name, interface, implementation, inputs | own, origin)

    def _arguments(
        self, given: Any, spot: Spot, scope: Scope, schemas: dict[str, Schema | None]
    ) -> dict[str, Any]:
        """Values of inputs, held against `schemas`: input -> as it was declared, added to here."""
        result: dict[str, Any] = {}
        for name, written in mapping(given).items():
            self.report.name(spot / name, "input", name)
            raw = written
            if isinstance(written, dict) and isinstance(written.get("type"), str):
                schemas[name] = self.types.schema(written, spot / name)
                raw = written.get("value", written.get("default"))
            if raw is not None:
                result[name] = self.evaluator.value(raw, schemas.get(name), spot / name, scope)
        return result

    def _implementation(
        self,
        name: str,
        spot: Spot,
        procedure: Procedure,
        artifacts: Mapping[str, tuple[Any, Spot]],
    ) -> tuple[str, str]:
        """What carries an operation out, and whose it is: `library`, `module` or `remote`."""
        if procedure.library:
            return name, "library"
        elsewhere = False
        if name in artifacts:
            raw, spot = artifacts[name]
            elsewhere = self.is_elsewhere(mapping(raw))
            name = raw if isinstance(raw, str) else str(mapping(raw).get("file", ""))
        if name.startswith("role:"):
            if name not in _roles():
                message = f"deepcat has no role `{shown(name[5:])}`"
                self.report.error(spot, "implementation", message, nearest(name, _roles()))
            return name, "library"
        if elsewhere or _REMOTE.match(name):
            message = f"`{shown(name)}` is never fetched, so this operation does nothing"
            self.report.hint(spot, "remote-implementation", message, "copy it into the module")
            return name, "remote"
        return self.file(name, spot, "implementation"), "module"

    def is_elsewhere(self, artifact: Mapping[str, Any]) -> bool:
        """Whether an artifact is no file of the module: an image, or what a repository holds."""
        kind = artifact.get("type")
        is_image = isinstance(kind, str) and self.types.is_a("artifact_types", kind, _IMAGE)
        return is_image or "repository" in artifact

    def file(self, name: str, spot: Spot, code: str) -> str:
        """A file of the module by its path in the tree; what is remote stays as written."""
        if _REMOTE.match(name):
            return name
        path = inside(self.files.folder, posixpath.dirname(spot.document.path), name)
        if path is None:
            message = f"`{shown(name)}` lies outside the module"
            self.report.error(spot, code, message, "name a file of the module's folder")
            return ""
        if self.files.size(path) is None:
            message = f"there is no file `{shown(name)}`"
            self.report.error(spot, code, message, "add the file, or mend its name")
            return ""
        return path


def _roles() -> frozenset[str]:
    return frozenset(
        implementation
        for data in library("deepcat")["node_types"].values()
        for interface in data.get("interfaces", {}).values()
        for implementation in interface.get("operations", {}).values()
    )
