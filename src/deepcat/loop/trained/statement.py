"""Where a model came from, as in-toto's statement with SLSA's predicate of provenance. Pure."""

from __future__ import annotations

from typing import Any

from deepcat.loop.trained.values import Provenance

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD = "urn:deepcat:training:v1"


def statement(source: Provenance, sha256: str, name: str) -> dict[str, Any]:
    """The statement.

    Args:
        source: how the training came to be.
        sha256: of the model's archive.
        name: of the archive, as a path in the catalog.
    """
    parts: list[dict[str, Any]] = []
    if source.commit:
        parts.append({"name": "catalog", "digest": {"gitCommit": source.commit}})
    if source.lock:
        parts.append({"name": "lock", "digest": {"sha256": source.lock}})
    return {
        "_type": TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": {
                    "module": source.module,
                    "version": source.version,
                    "inputs": dict(source.inputs),
                    "data": dict(source.data),
                    "seed": source.seed,
                },
                "internalParameters": {
                    "hardware": dict(source.hardware),
                    **({"energy": dict(source.energy)} if source.energy else {}),
                },
                "resolvedDependencies": parts,
            },
            "runDetails": {
                "builder": {"id": f"urn:deepcat:cloud:{source.cloud}:{source.shape}"},
                "metadata": {
                    "invocationId": source.id,
                    **({"startedOn": source.began} if source.began else {}),
                    "finishedOn": source.ended,
                },
            },
        },
    }
