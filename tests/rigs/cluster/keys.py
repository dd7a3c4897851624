"""The keys of a cluster: its authority, and what this vouches for."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM
_USAGE = x509.KeyUsage(
    digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
    key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
    decipher_only=False,
)  # fmt: skip
_DAY = datetime.timedelta(days=1)


class Keys:
    """An authority and its folder.

    Args:
        folder: for `ca.crt`, and for each name a `.crt` and a `.key`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "deepcat-rig")])
        made = self._certificate(self._name, self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        made = made.add_extension(_USAGE, critical=True).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
        )
        self.authority = folder / "ca.crt"
        self.authority.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(_PEM))

    def issue(self, name: str, group: str = "", addresses: Sequence[str] = ()) -> Path:
        """The certificate of a name, for a server and a client; its key lies beside it."""
        key = ec.generate_private_key(ec.SECP256R1())
        words = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if group:
            words.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        made = self._certificate(x509.Name(words), key.public_key())
        made = made.add_extension(x509.ExtendedKeyUsage(uses), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
            critical=False,
        )
        if addresses:
            names = x509.SubjectAlternativeName([_alternative(each) for each in addresses])
            made = made.add_extension(names, critical=False)
        path = self.folder / f"{name}.crt"
        path.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(_PEM))
        _write(path.with_suffix(".key"), key)
        return path

    def signing(self, name: str) -> Path:
        """A key that signs tokens."""
        path = self.folder / f"{name}.key"
        _write(path, rsa.generate_private_key(public_exponent=65537, key_size=2048))
        return path

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + 30 * _DAY)
        )


def _write(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(key.private_bytes(_PEM, form, serialization.NoEncryption()))
    path.chmod(0o600)


def _alternative(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)
