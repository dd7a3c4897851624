"""The file of API keys that a server of this host reads: their hashes, and the run's own.

A run gives a key of its own, which nobody else has, to prove what it began; its hash stands last
in the file, and goes with the run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.host.box.taking import user_of
from deepcat.host.failure import StepError
from deepcat.host.model_server.access import CERTIFICATE, PRIVATE_KEY

_FOLDER, _FILE = "access", "keys.toml"
# No key of a wish has a blank in its name.
_OF_RUN = '[keys."the run"]\n'
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_ENTRY = re.compile(r'^\[keys\.([a-z0-9-]+)\]\nsha256 = "([0-9a-f]{64})"$', re.MULTILINE)


@dataclass(frozen=True)
class Keys:
    """The keys that count, and the one of the run.

    Attributes:
        held: of each key its ``name`` and ``sha256``, and where it says so ``in_flight``, ``rate``
            and ``expires``.
        proof: the run's own key.
        certificate: the servers', with its chain, PEM; empty where the way is in clear.
        private_key: the certificate's, PEM.
    """

    held: tuple[Mapping[str, Any], ...] = ()
    proof: str = ""
    certificate: str = ""
    private_key: str = field(default="", repr=False)

    @property
    def only(self) -> str:
        """The one certificate that the servers show, PEM; empty where the way is in clear."""
        return leaf(self.certificate)

    def text(self) -> str:
        """The file, as `deepcat serve --keys` takes it.

        Raises:
            StepError: a value is none of a key's (``run/values``).
        """
        entries = "".join(map(_entry, self.held))
        if not self.proof:
            return entries
        digest = hashlib.sha256(self.proof.encode()).hexdigest()
        return f'{entries}{_OF_RUN}sha256 = "{digest}"\nin_flight = 0\nrate = 0\n'


def keys_of(data: Mapping[str, Any] | None) -> Keys | None:
    """From what a step is given; None where nobody is asked for a key."""
    if not data:
        return None
    pair = (str(data.get(name) or "") for name in ("certificate", "private_key"))
    return Keys(tuple(data.get("keys") or ()), str(data.get("proof") or ""), *pair)


def leaf(certificate: str) -> str:
    """The first certificate of a chain, as PEM; empty without one."""
    found = _PEM.search(certificate)
    return found[0] + "\n" if found else ""


def fingerprint(certificate: str) -> str:
    """The sha256 of a chain's first certificate, in hexadecimal digits; empty without one."""
    first = leaf(certificate)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest() if first else ""


def folder_of(place: Path, program: str) -> Path:
    """Where the keys of a server's program lie, alone."""
    return place / _FOLDER / program


def file_of(place: Path, program: str) -> Path:
    """The keys of a server's program."""
    return folder_of(place, program) / _FILE


def write(place: Path, program: str, keys: Keys, box: str) -> bool:
    """Write the keys of a server's program, whole or not at all; whether others count then.

    Args:
        place: the deployment's folder.
        program: the server's.
        keys: that shall count.
        box: whose box the server runs in, whose user alone may read them.
    """
    path = file_of(place, program)
    before = _read(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    _replace(path, keys.text(), box)
    changed = before.partition(_OF_RUN)[0] != Keys(keys.held).text()
    pair = {CERTIFICATE: keys.certificate, PRIVATE_KEY: keys.private_key}
    for name, text in pair.items() if keys.certificate else ():
        changed = changed or _read(path.with_name(name)) != text
        _replace(path.with_name(name), text, box)
    return changed


def forget_proof(place: Path, program: str, box: str) -> None:
    """Let the run's own key count no more."""
    path = file_of(place, program)
    kept, run, _ = _read(path).partition(_OF_RUN)
    if run:
        _replace(path, kept, box)


def forget_gone(place: Path, kept: Iterable[str]) -> None:
    """Delete the keys of programs that are not named."""
    named = set(kept)
    for folder in (place / _FOLDER).glob("*"):
        if folder.name not in named:
            shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        (place / _FOLDER).rmdir()


def marks(place: Path, program: str) -> dict[str, str]:
    """Name -> what tells its key from another one, and is no hash of it.

    What tells the certificate and its key from others stands under an empty name.
    """
    path = file_of(place, program)
    found = {name: mark_of(digest) for name, digest in _ENTRY.findall(_read(path))}
    pair = [_read(path.with_name(name)) for name in (CERTIFICATE, PRIVATE_KEY)]
    return found | ({"": mark_of_pair(*pair)} if all(pair) else {})


def mark_of_pair(certificate: str, private_key: str) -> str:
    """What tells a certificate and its key from others, from which neither can be told."""
    return mark_of(hashlib.sha256(f"{certificate}\0{private_key}".encode()).hexdigest())


def mark_of(sha256: str) -> str:
    """What tells a key from another one, by its hash, which cannot be told from it."""
    return hashlib.sha256(f"a key of deepcat {sha256}".encode()).hexdigest()[:16]


def _entry(key: Mapping[str, Any]) -> str:
    name, digest, expires = str(key["name"]), str(key["sha256"]), str(key.get("expires") or "")
    if not (_NAME.match(name) and _DIGEST.match(digest)) or (expires and not _DATE.match(expires)):
        raise StepError("module", "run/values", f"{name!r} is no API key", "run it again")
    lines = [f"[keys.{name}]", f'sha256 = "{digest}"']
    if key.get("in_flight") is not None:
        lines.append(f"in_flight = {int(key['in_flight'])}")
    if key.get("rate") is not None:
        lines.append(f"rate = {float(key['rate'])}")
    return "\n".join([*lines, *([f"expires = {expires}"] if expires else []), ""])


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _replace(path: Path, text: str, box: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    if os.geteuid() == 0:  # then a box has a user of its own
        user = user_of(box)
        for each in (new, path.parent):
            os.chown(each, user, user)
    new.replace(path)
