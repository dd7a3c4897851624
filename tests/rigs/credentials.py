"""What shows who somebody is: an OpenID provider on the loopback, and certificates of our own."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


@dataclass
class Issuer:
    """An OpenID provider.

    Attributes:
        url: its address, by which its tokens name it.
        keys: that it publishes, by their ids; it signs with the last.
        asked: how often its keys were asked for.
        answers: whether it does.
    """

    url: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: int = 0
    answers: bool = True

    def rotate(self) -> None:
        """A new key in the place of all others."""
        number = int(next(reversed(self.keys), "0")) + 1
        self.keys = {str(number): rsa.generate_private_key(65537, 2048)}

    def token(self, *, alg: str = "RS256", key: Any = None, kid: str = "", **claims: Any) -> str:
        """A token that counts, but for what is said otherwise; a claim of None is left out."""
        known, own = next(reversed(self.keys.items()))
        now = int(time.time())
        words = {
            "iss": self.url, "aud": "deepcat", "sub": "ada", "iat": now, "exp": now + 600,
            "groups": ["vo.example"],
        } | claims  # fmt: skip
        said = {name: value for name, value in words.items() if value is not None}
        signed = None if alg == "none" else key or own
        return jwt.encode(said, signed, algorithm=alg, headers={"kid": kid or known})

    def answer(self, path: str) -> Any:
        """The body of one GET."""
        if not self.answers:
            return None
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        if path != "/jwks":
            return None
        self.asked += 1
        as_jwk = jwt.algorithms.RSAAlgorithm.to_jwk
        return {
            "keys": [
                as_jwk(key.public_key(), as_dict=True) | {"kid": kid, "use": "sig"}
                for kid, key in self.keys.items()
            ]
        }


@contextmanager
def issuer(listening: socket.socket | None = None) -> Iterator[Issuer]:
    """A provider that answers on a free port of the loopback, or where a socket listens."""
    made = Issuer()
    made.rotate()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = made.answer(self.path)
            body = json.dumps(found).encode()
            self.send_response(500 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if listening is not None:
            server.socket.close()
            server.socket, server.server_port = listening, listening.getsockname()[1]
        made.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield made
        server.shutdown()


class Authority:
    """Signs certificates; each new one is an authority of its own.

    Attributes:
        path: its own certificate, PEM.
    """

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self._name, self._key.public_key(), is_ca=True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(_pem(self.certificate))

    def sign(
        self, name: str, file: str, hours: float = 24, hosts: Sequence[str] = ()
    ) -> tuple[Path, Path]:
        """A certificate for a name and 127.0.0.1, and its key, below the folder.

        Args:
            name: of the server.
            file: the names of both, without their ends.
            hours: for which it counts from now on; it has ended where they are below 0.
            hosts: more names that the server answers by.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._sign(subject, key.public_key(), is_ca=False, hours=hours, hosts=hosts)
        paths = self._folder / f"{file}.pem", self._folder / f"{file}.key"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for path, content in zip(paths, (_pem(certificate), private), strict=True):
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(path)
        return paths

    def _sign(
        self,
        subject: x509.Name,
        public: Any,
        *,
        is_ca: bool,
        hours: float = 24,
        hosts: Sequence[str] = (),
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        names = [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            *map(x509.DNSName, hosts),
        ]
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=hours))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
