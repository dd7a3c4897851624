"""A catalog whose host has a reverse proxy, and the authority that signs its certificates."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ssh_catalog import MODULE, Catalog
from ssh_hosts import USER

from deepcat.serving.client.rest import trusting

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a test")])


class Authority:
    """An authority of our own, and what it signs."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = _begun(_NAME, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._certificate = own.sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, address: str) -> tuple[str, str]:
        """A certificate for an address, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        made = _begun(subject, key.public_key()).add_extension(names, critical=False)
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        secret = key.private_bytes(encoding, form, serialization.NoEncryption())
        signed = made.sign(self._key, hashes.SHA256())
        return signed.public_bytes(encoding).decode(), secret.decode()


def _begun(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(_NAME).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))


class Fronted(Catalog):
    """A catalog whose cloud has a proxy."""

    authority: Authority
    program = ""
    version = "1.0.0"

    @property
    def address(self) -> str:
        return f"https://{self.host.address}:8443"

    @property
    def cloud(self) -> Path:
        return self.root / "clouds" / "bare.yaml"

    def certify(self) -> None:
        """Put a new certificate on the host, as whoever renews it does."""
        for name, text in zip(
            ("chain", "key"), self.authority.signed(self.host.address), strict=True
        ):
            path = self.host.root / f"srv/{name}.pem.new"
            path.write_text(text)
            os.chown(path, 4711, 4711)
            path.chmod(0o600)
            path.rename(self.host.root / f"srv/{name}.pem")

    def front(self, program: str, *, user: str = USER, key: str = "/srv/key.pem") -> None:
        """Have the cloud's file ask for a proxy."""
        self.program = program
        data = json.loads(self.cloud.read_text())
        proxy = {"name": self.host.address, "program": program}
        proxy |= {"certificate": "/srv/chain.pem", "key": key}
        data["trust"], data["ssh"]["proxy"] = self.authority.pem, proxy
        data["ssh"]["user"] = user
        self.cloud.write_text(json.dumps(data))
        self.commit()

    def running(self, word: str) -> dict[int, str]:
        return {pid: words for pid, words in self.host.processes().items() if word in words}

    def next_version(self) -> str:
        self.version = f"1.{int(self.version.split('.')[1]) + 1}.0"
        return self.version

    def serial(self) -> int:
        """Of the certificate that it shows."""
        context = trusting(self.authority.pem)
        with (
            socket.create_connection((self.host.address, 8443), 10) as plain,
            context.wrap_socket(plain, server_hostname=self.host.address) as peer,
        ):
            return x509.load_der_x509_certificate(peer.getpeercert(True) or b"").serial_number

    def variable(self, value: str) -> None:
        """Have the server run otherwise, so that it must begin anew."""
        path = self.root / "modules" / MODULE / "tosca.yaml"
        lines = path.read_text().splitlines(keepends=True)
        lines = [line for line in lines if "environment:" not in line]
        at = next(number for number, line in enumerate(lines) if "model_name:" in line)
        lines.insert(at, f"        environment: {{MODEL_WORD: {value}}}\n")
        path.write_text("".join(lines))
