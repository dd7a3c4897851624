"""The settings of a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine import choose

if TYPE_CHECKING:
    from deepcat.serving.models.batching import Batching


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve.

    Attributes:
        models: what to serve from the command line.
        config: a ModelServerConfig in text form, or None.
        host: address to listen on.
        rest_port: 0 for any free port, None for no REST.
        grpc_port: 0 for any free port, None for no gRPC.
        poll_s: seconds between two looks at the model folders; 0 to look only once.
        allow_origin: the website that may call; empty for none.
        allow_reload: whether a client may name new folders to serve.
        max_body: bytes of the largest request.
        workers: requests computed at once.
        threads: TensorFlow's threads; 0 leaves it to TensorFlow.
        engine: how to reach TensorFlow.
        grace_s: seconds that running requests have at the end.
        labels_need_version: whether a label may only point to an available version.
        batching: how to put requests together; None for not.
        op_libraries: shared libraries of custom operations.
    """

    models: tuple[ModelConfig, ...]
    config: str | None = None
    host: str = "127.0.0.1"
    rest_port: int | None = 8501
    grpc_port: int | None = 8500
    poll_s: float = 1.0
    allow_origin: str = ""
    allow_reload: bool = False
    max_body: int = 64 * 2**20
    workers: int = 0
    threads: int = 0
    engine: choose.Choice = "auto"
    grace_s: float = 10.0
    labels_need_version: bool = True
    batching: Batching | None = None
    op_libraries: tuple[Path, ...] = ()
