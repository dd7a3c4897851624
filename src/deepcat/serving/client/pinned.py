"""EDGE: the certificate that a server must show, and no other, whatever name it bears."""

from __future__ import annotations

import hashlib
import socket
import ssl
from urllib.parse import urlsplit

from deepcat.errors import DeepcatError
from deepcat.serving.client.rest import trusting

_WAIT_S = 30.0


def certificate(address: str, sha256: str) -> str:
    """The certificate that a server shows, as PEM.

    Args:
        address: such as ``https://127.0.0.1:8501``.
        sha256: of the certificate, as its deployment was given it.

    Raises:
        DeepcatError: it shows another one, or does not answer (``serving/unreachable``).
    """
    parts = urlsplit(address)
    try:
        found = ssl.get_server_certificate(
            (parts.hostname or "", parts.port or 443), timeout=_WAIT_S
        )
    except (OSError, ValueError) as error:
        hint = "see whether the server runs and its port is open"
        raise _no_answer(address, str(error), hint) from None
    if hashlib.sha256(ssl.PEM_cert_to_DER_cert(found)).hexdigest() != sha256:
        why = "it shows another certificate than its deployment was given"
        raise _no_answer(address, why, "see what stands between, or apply what is wished")
    return found


def name_of(address: str, only: str) -> str:
    """A name or address for which a server's certificate is, as gRPC wants to be told.

    Raises:
        DeepcatError: it shows another one, or bears none (``serving/unreachable``).
    """
    parts = urlsplit(address)
    place = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection(place, timeout=_WAIT_S) as opened,
            trusting("", only).wrap_socket(opened, server_hostname=parts.hostname) as by,
        ):
            shown = by.getpeercert() or {}
    except OSError as error:
        raise _no_answer(address, str(error), "see its certificate") from None
    named = [str(value[1]) for value in shown.get("subjectAltName", ())]
    if not named:
        why = "its certificate bears no name"
        raise _no_answer(address, why, "give it one with a `subjectAltName`")
    return named[0].replace("*", "any")


def _no_answer(address: str, why: str, hint: str) -> DeepcatError:
    message = f"no answer from {address}: {why}"
    return DeepcatError(message, hint=hint, code="serving/unreachable")
