"""From a SavedModel's folder to what answers requests."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.serving.contract.batching import read_parameters
from deepcat.serving.contract.layout import BATCHING
from deepcat.serving.contract.status import ServingError, invalid
from deepcat.serving.engine.session import Engine
from deepcat.serving.models.batching import Batcher
from deepcat.serving.models.servable import Servable
from deepcat.serving.models.warmup import warm_up

_LOG = logging.getLogger("deepcat.serving")


@dataclass(frozen=True, slots=True)
class Loading:
    """How models are loaded.

    Attributes:
        threads: of TensorFlow for each model; 0 leaves it to TensorFlow.
        warm_ups: how often a model's own requests are sent to it before others.
        batcher: what puts requests together; None for not.
        own_batching: whether only models are batched that say how.
    """

    threads: int = 0
    warm_ups: int = 1
    batcher: Batcher | None = None
    own_batching: bool = False


PLAIN = Loading()


def load(engine: Engine, name: str, version: int, path: Path, how: Loading = PLAIN) -> Servable:
    """Load one version of a model and warm it up.

    Raises:
        ServingError: it does not load, or fails at the requests that it brings.
    """
    batcher = _batcher(path, how)
    servable = Servable(name, version, engine.load(path, how.threads), batcher)
    begun = time.perf_counter()
    try:
        sent = sum(warm_up(servable, path) for _ in range(how.warm_ups))
    except ServingError:
        servable.retire()
        raise
    if sent:
        servable.warmed_s = time.perf_counter() - begun
        _LOG.info("%s version %d was warmed up by %d requests", name, version, sent)
    return servable


def _batcher(path: Path, how: Loading) -> Batcher | None:
    if how.batcher is None or not how.own_batching:
        return how.batcher
    try:
        own = read_parameters((path / BATCHING).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (DeepcatError, OSError, UnicodeDecodeError) as error:
        raise invalid(f"{BATCHING}: {error}") from error
    return how.batcher.like(own)
