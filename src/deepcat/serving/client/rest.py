"""The REST client of the host's steps, for programs that know `DeepcatError`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from deepcat.errors import DeepcatError
from deepcat.host.model_server import client

METHODS, TURNED_AWAY = client.METHODS, client.TURNED_AWAY
trusting = client.trusting
turns_away = client.turns_away


class Client(client.Client):
    """As `deepcat.host.model_server.client.Client`; what goes wrong is a `DeepcatError`."""

    error: ClassVar[type[Exception]] = DeepcatError
    _error: ClassVar[Callable[..., Exception]] = DeepcatError
