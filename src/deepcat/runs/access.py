"""What a run gives the hosts of a deployment for those who may call it: hashes of keys.

The keys come from where the wish says that they lie, and go no further than this process. Beside
them the run has a key of its own for each deployment, by which it proves what it began.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.access import Access, AccessKey, Tls
from deepcat.errors import DeepcatError
from deepcat.git import private_file
from deepcat.host.model_server.client import trusting
from deepcat.host.model_server.keys import leaf
from deepcat.secrets.mask import remember
from deepcat.secrets.resolve import resolve

_PRIVATE = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----")
# What a header can carry, and nobody can try out: 24 bytes, written in base64, have as many.
_KEY = re.compile(r"[!-~]{32,512}\Z")


@dataclass(frozen=True, slots=True)
class Given:
    """What one deployment's hosts are given.

    Attributes:
        keys: name, hash and bounds of each key.
        proof: the run's own key.
        certificate: the servers', with its chain, PEM; empty where the way is in clear.
        private_key: the certificate's, PEM.
    """

    keys: tuple[Mapping[str, Any], ...] = ()
    proof: str = field(default="", repr=False)
    certificate: str = ""
    private_key: str = field(default="", repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as a host's steps take it."""
        return {
            "keys": [dict(key) for key in self.keys],
            "proof": self.proof,
            "certificate": self.certificate,
            "private_key": self.private_key,
        }


def given(access: Access | None, secret: Callable[[str], str] | None = None) -> Given | None:
    """What hosts are given; None where nobody is asked for a key, and the way is in clear.

    Args:
        access: of the wish.
        secret: looks up a reference; as a workload may, when None.

    Raises:
        DeepcatError: a key is not there (``secret/missing``), or could be tried out, or is another
            one's, too (``run/key``); a certificate or its key is none, the key is not the
            certificate's, or that is out of its time (``run/certificate``).
    """
    if access is None or not (access.asks or access.tls):
        return None
    pair = ("", "")
    if access.tls:
        pair = certified(access.tls, secret or of_workload)
        _require_pair(access.tls, pair)
    if not access.asks:
        return Given((), "", *pair)
    proof = secrets.token_urlsafe(32)
    remember(proof)
    return Given(hashed(access, secret or of_workload), proof, *pair)


def certified(tls: Tls, secret: Callable[[str], str]) -> tuple[str, str]:
    """A certificate and its private key, each by its form, as the server reads them.

    Raises:
        DeepcatError: as `given`.
    """
    certificate, private_key = secret(tls.certificate), secret(tls.key)
    try:
        ssl.PEM_cert_to_DER_cert(leaf(certificate))
    except ValueError:
        raise _no_certificate(f"`{tls.certificate}` is no certificate in PEM") from None
    if not _PRIVATE.search(private_key) or "ENCRYPTED" in private_key:
        raise _no_certificate(f"`{tls.key}` is no private key in PEM without a password")
    return certificate.strip() + "\n", private_key.strip() + "\n"


def _require_pair(tls: Tls, pair: tuple[str, str]) -> None:
    """Raise DeepcatError unless a reader takes what a server shows by a certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        with private_file("".join(pair).encode()) as path:
            context.load_cert_chain(path)
        _shake_hands(context, trusting("", leaf(pair[0])))
    except ssl.SSLCertVerificationError as error:
        raise _no_certificate(f"`{tls.certificate}`: {error.verify_message}") from None
    except ssl.SSLError as error:
        why = f"`{tls.key}` is not the private key of `{tls.certificate}`"
        raise _no_certificate(f"{why} ({error.reason or 'it cannot be read'})") from None


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Let one greet the other, in memory.

    Raises:
        ssl.SSLError: one does not take the other.
    """
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)
    for _ in range(2):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()


def hashed(access: Access, secret: Callable[[str], str]) -> tuple[Mapping[str, Any], ...]:
    """The keys of a wish by their hashes; raises as `given`."""
    found: dict[str, Mapping[str, Any]] = {}
    for key in access.keys:
        value = secret(key.secret)
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        if not _KEY.match(value):
            raise _no_key(f"the key of `{key.name}` is not 32 to 512 plain characters")
        if digest in found:
            raise _no_key(f"`{key.name}` and `{found[digest]['name']}` have the same key")
        found[digest] = {"name": key.name, "sha256": digest, **_bounds(key)}
    return tuple(found.values())


def of_workload(reference: str) -> str:
    """A secret that a workload may be given; raises DeepcatError as `resolve`."""
    return resolve(reference, for_workload=True)


def _bounds(key: AccessKey) -> dict[str, Any]:
    said = {"in_flight": key.in_flight, "rate": key.rate, "expires": key.expires or None}
    return {name: value for name, value in said.items() if value is not None}


def _no_certificate(why: str) -> DeepcatError:
    hint = "put the certificate with its chain, and its key, there, each in PEM"
    return DeepcatError(why, hint=hint, code="run/certificate")


def _no_key(why: str) -> DeepcatError:
    hint = "`deepcat serve --new-key NAME` makes one that nobody can try out: put it there"
    return DeepcatError(why, hint=hint, code="run/key")
