"""EDGE: the ports that a server listens on."""

from __future__ import annotations

import os
import socket

from deepcat.errors import DeepcatError


def bind(host: str, port: int | None) -> socket.socket | None:
    """A socket on a port, 0 for any that is free; None for no port.

    Raises:
        DeepcatError: the port is taken.
    """
    if port is None:
        return None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only with the protocol named does asyncio send small answers at once.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        return opened
    except OSError as error:
        opened.close()
        raise no_port(host, port, error.strerror or str(error)) from error


def no_port(host: str, port: int, reason: str) -> DeepcatError:
    """The error that says why a port cannot be had."""
    return DeepcatError(
        f"cannot listen on {host}:{port}: {reason}",
        hint="stop what uses the port, or choose another with --rest-port or --grpc-port",
        code="serving/port",
    )
