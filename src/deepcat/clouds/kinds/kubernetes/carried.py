"""What of what topologies ask of roles the steps of this kind carry out; all else is refused."""

from __future__ import annotations

from typing import Final

from deepcat.clouds.manifests.objects import GRPC, REST

_MODEL: Final = "deepcat.nodes.Model"
_SERVER: Final = "deepcat.nodes.ModelServer"

# As `deepcat.plan.asked` spells it.
CARRIES: Final = (
    _MODEL,
    *(f"{_MODEL}.{name}" for name in ("name", "version", "archive", "sha256")),
    _SERVER,
    *(f"{_SERVER}.{name}" for name in ("model_name", "batching", "environment")),
    f"{_SERVER}.rest_port: {REST}",
    f"{_SERVER}.grpc_port: {GRPC}",
)
