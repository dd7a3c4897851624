"""EDGE: certificates from files, read again when they are renewed."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.serving.server.renewed import Renewed

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# gRPC's Python takes no version. The one suite named here is of 1.2 alone, and takes a secret that
# both sides knew before, so that nobody can speak 1.2; those of 1.3 are not for it to name.
_CIPHERS, _NONE_OF_1_2 = "GRPC_SSL_CIPHER_SUITES", "ECDHE-PSK-AES128-CBC-SHA"


@dataclass(frozen=True, slots=True)
class Files:
    """Where a server's certificates lie, each in PEM.

    Attributes:
        certificate: its own, with the chain above it.
        key: its private key.
        client_ca: whose certificates clients must show; None where they need none.
        minimum: the oldest version of TLS that is spoken, ``1.2`` or ``1.3``.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None
    minimum: str = "1.2"

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.certificate, self.key, *((self.client_ca,) if self.client_ca else ()))


def http_context(files: Files) -> ssl.SSLContext:
    """A context whose every handshake goes by the files as they then are.

    Raises:
        DeepcatError: they cannot be used (``serving/certificate``).
    """
    renewed = Renewed(files.paths, lambda: _context(files))
    outer = renewed.now()
    # A handshake begins with this one, and goes on with the newest.
    outer.sni_callback = lambda opened, _name, _outer: _change(opened, renewed.now())
    return outer


def _change(opened: Any, context: ssl.SSLContext) -> None:
    opened.context = context


def _context(files: Files) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[files.minimum]
    # A session taken up again would go by the certificates of before.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
        if files.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(files.client_ca)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise _unusable(files, str(error)) from None
    return context


def leave_out_1_2() -> None:
    """Let gRPC speak TLS 1.3 alone; to be called before it is imported, when it reads this."""
    os.environ[_CIPHERS] = _NONE_OF_1_2


def grpc_credentials(files: Files) -> Any:
    """The same for gRPC.

    Raises:
        DeepcatError: they cannot be used (``serving/certificate``).
    """
    import grpc

    def configuration() -> Any:
        _context(files)  # gRPC would take anything
        try:
            key, chain = files.key.read_bytes(), files.certificate.read_bytes()
            authority = files.client_ca.read_bytes() if files.client_ca else None
        except OSError as error:
            raise _unusable(files, str(error)) from None
        return grpc.ssl_server_certificate_configuration([(key, chain)], authority)

    renewed = Renewed(files.paths, configuration)
    return grpc.dynamic_ssl_server_credentials(
        renewed.now(), renewed.now, require_client_authentication=files.client_ca is not None
    )


def common_name(certificate: Any) -> str:
    """The name in a certificate as `ssl` gives it; empty without one."""
    for part in (certificate or {}).get("subject", ()):
        for key, value in part:
            if key == "commonName":
                return str(value)
    return ""


def _no_password() -> str:
    raise ValueError("the key has a password")


def _unusable(files: Files, why: str) -> DeepcatError:
    shown = ", ".join(map(str, files.paths))
    return DeepcatError(
        f"the certificates cannot be used ({shown}): {why}",
        hint="each file is PEM; the key belongs to the first certificate and has no password",
        code="serving/certificate",
    )
