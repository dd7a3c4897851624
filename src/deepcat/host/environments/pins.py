"""The pins of a lock: packages by version and checksums, and nothing else that pip would take."""

from __future__ import annotations

import re

from deepcat.host.failure import StepError

# Of a requirement nothing else is taken: no option, no address, no folder, no file.
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[[A-Za-z0-9,._ -]+\])?==(?P<version>[A-Za-z0-9.!+_-]+)"
    r"(?P<marker> *;[A-Za-z0-9_.,'\"()<>=!~ ]+)?(?P<sums>( +--hash=sha256:[0-9a-f]{64})+)\Z"
)
_MOST_PINS = 500


def pins_of(text: str, name: str, code: str) -> tuple[str, ...]:
    """The pins of a lock, as `pip install --require-hashes` reads them.

    Args:
        text: of the lock.
        name: of its file, for people.
        code: of the failure.

    Raises:
        StepError: a line is none, or there are too many.
    """
    whole = text.replace("\\\n", " ").splitlines()
    lines = [" ".join(line.split()) for line in whole if not line.lstrip().startswith("#")]
    found = [line for line in lines if line]
    for line in found:
        if not _PIN.match(line):
            hint = "pin it as `name==version --hash=sha256:…`; uv pip compile --generate-hashes"
            raise StepError("module", code, f"{name}: {line[:80]!r} is no pinned package", hint)
    if len(found) > _MOST_PINS:
        message = f"{name} names {len(found)} packages"
        raise StepError("module", code, message, f"name at most {_MOST_PINS}")
    return tuple(found)
