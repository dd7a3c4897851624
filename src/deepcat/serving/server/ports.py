"""EDGE: the ports that a server listens on."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def bind_path(path: str) -> socket.socket | None:
    """A socket at a path, for programs of this machine alone; None for no path.

    Raises:
        DeepcatError: the path cannot be had.
    """
    if not path:
        return None
    clear_path(path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with only_for_us():
            opened.bind(path)
        Path(path).chmod(0o660)
        return opened
    except OSError as error:
        opened.close()
        raise no_path(path, error.strerror or str(error)) from error


@contextmanager
def only_for_us() -> Iterator[None]:
    """What is made at a path meanwhile is for this user and group alone, from its first moment."""
    before = os.umask(0o117)
    try:
        yield
    finally:
        os.umask(before)


def clear_path(path: str) -> None:
    """Take away the socket of a server that has ended.

    Raises:
        DeepcatError: something else is there, or a server listens.
    """
    if not os.path.lexists(path):
        return
    if not Path(path).is_socket():
        raise no_path(path, "it is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
            return
    raise no_path(path, "a server listens there")


def no_path(path: str, reason: str) -> DeepcatError:
    """The error that says why a path cannot be had."""
    return DeepcatError(
        f"cannot listen at {path}: {reason}",
        hint="name another path with --rest-socket or --grpc-socket-path",
        code="serving/port",
    )


def no_port(host: str, port: int, reason: str) -> DeepcatError:
    """The error that says why a port cannot be had."""
    return DeepcatError(
        f"cannot listen on {host}:{port}: {reason}",
        hint="stop what uses the port, or choose another with --rest-port or --grpc-port",
        code="serving/port",
    )
