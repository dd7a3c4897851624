"""The settings of a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine import choose
from deepcat.serving.engine.kept import KeptGraphs
from deepcat.serving.server.limits import FREE, Limits
from deepcat.serving.server.proofs import Proofs
from deepcat.serving.server.tls import Files

if TYPE_CHECKING:
    from deepcat.openapi.card import Cards
    from deepcat.serving.contract.batching import Batching
    from deepcat.serving.server.oidc import Trust


@dataclass(frozen=True, slots=True)
class Guards:
    """Who may call, and how the way is protected.

    Attributes:
        files: the certificates; None for a way in clear.
        keys: the file of API keys, or None.
        trust: the OpenID tokens that count, or None.
        limits: the bounds of each caller of whom nothing else is said.
    """

    files: Files | None = None
    keys: Path | None = None
    trust: Trust | None = None
    limits: Limits = FREE

    @property
    def are_closed(self) -> bool:
        """Whether only who is known can call, by a way that nobody can listen to."""
        if self.files is None:
            return False
        return bool(self.keys or self.trust or self.files.client_ca)


OPEN = Guards()

# As TensorFlow Serving has it.
MAX_MESSAGE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve.

    Attributes:
        models: what to serve from the command line.
        config: a file with a ModelServerConfig in text form, or None.
        config_poll_s: seconds between two looks at that file; 0 to read it on SIGHUP only.
        host: address to listen on.
        rest_port: 0 for any free port, None for no REST.
        grpc_port: 0 for any free port, None for no gRPC.
        rest_socket: a path to answer REST at too; empty for none.
        grpc_socket: a path to answer gRPC at too; empty for none.
        poll_s: seconds between two looks at the model folders; 0 to look only once.
        load_retries: how often a version that does not load is tried again, its files unchanged.
        load_retry_s: seconds before each such try.
        origins: of the websites that may call.
        allow_reload: whether a client may change which models are served.
        max_body: bytes of the largest request by REST.
        max_message: bytes of the largest message by gRPC.
        workers: requests computed at once.
        threads: TensorFlow's threads; 0 leaves it to TensorFlow.
        engine: how to reach TensorFlow.
        prefer_lite: whether `model.tflite` is served where a SavedModel lies beside it; None for
            where it answers the samples as they expect.
        grace_s: seconds that running requests have at the end.
        labels_need_version: whether a label may only point to an available version.
        warm_ups: how often a model's own requests are sent to it before others.
        batching: how to put requests together; None for not.
        own_batching: whether only models are batched that say how.
        grpc_arguments: further settings of the gRPC server.
        op_libraries: shared libraries of custom operations.
        rest_timeout_s: in which a request by REST is answered; 0 for no bound.
        queue_each: calls of one model that may wait.
        queue: calls of all models that may wait.
        guards: who may call, and how the way is protected.
        cards: what is told of the models, by name.
        proofs: which `model.tflite` answered which samples before.
        graphs: where TensorFlow's rewritten graphs are kept; None for nowhere.
    """

    models: tuple[ModelConfig, ...]
    config: Path | None = None
    config_poll_s: float = 1.0
    host: str = "127.0.0.1"
    rest_port: int | None = 8501
    grpc_port: int | None = 8500
    poll_s: float = 1.0
    load_retries: int = 5
    load_retry_s: float = 60.0
    origins: tuple[str, ...] = ()
    allow_reload: bool = False
    max_body: int = 64 * 2**20
    max_message: int = MAX_MESSAGE
    workers: int = 0
    threads: int = 0
    engine: choose.Choice = "auto"
    prefer_lite: bool | None = None
    grace_s: float = 10.0
    labels_need_version: bool = True
    warm_ups: int = 1
    batching: Batching | None = None
    own_batching: bool = False
    grpc_arguments: tuple[tuple[str, int | str], ...] = ()
    op_libraries: tuple[Path, ...] = ()
    rest_timeout_s: float = 30.0
    queue_each: int = 256
    queue: int = 1024
    guards: Guards = OPEN
    rest_socket: str = ""
    grpc_socket: str = ""
    cards: Cards = field(default_factory=dict)
    proofs: Proofs = field(default_factory=Proofs)
    graphs: KeptGraphs | None = None
