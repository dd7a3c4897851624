"""The HTTP server: uvicorn, with connections of our own."""

from __future__ import annotations

import contextlib
import logging
import ssl
from typing import Any

import uvicorn

from deepcat.serving.server.connections import BOUNDS, Connection


def web_server(application: Any, context: ssl.SSLContext | None, grace_s: float) -> Any:
    """A server that is not begun.

    Args:
        application: the ASGI application.
        context: how to encrypt; None for not.
        grace_s: seconds that running requests have at the end.
    """
    # It warns of each request that is none: whoever sends one could fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, int(grace_s)),
        timeout_keep_alive=int(BOUNDS.idle_s),
    )
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    # uvicorn would raise the signal once more at its end, and so end by it; we end with 0.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server
