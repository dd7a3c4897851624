"""What a deployment of a module answers, in rows for its page. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from deepcat.catalog.about import described
from deepcat.catalog.values import Module
from deepcat.openapi.document import document


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        protocol: whose it is.
        verb: of HTTP.
        path: on the deployment.
        summary: what it does.
    """

    protocol: str
    verb: str
    path: str
    summary: str


def operations(module: Module) -> tuple[Operation, ...]:
    """All of a module's own, by protocol; none where it declares no signature."""
    model = described(module)
    if model is None:
        return ()
    paths = document([model], module.version)["paths"]
    return tuple(
        sorted(
            (
                Operation(each["tags"][0], verb.upper(), path, each["summary"])
                for path, verbs in paths.items()
                for verb, each in verbs.items()
                if "/models/" in path
            ),
            key=lambda each: (each.protocol != "TensorFlow Serving", each.protocol, each.path),
        )
    )
