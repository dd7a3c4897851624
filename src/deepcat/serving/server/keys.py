"""The file of API keys: who has one, known by its hash alone.

```toml
[keys.ada]
sha256 = "9f86d08…"       # of the key; `deepcat serve --new-key ada` makes both
in_flight = 4             # requests at once
rate = 10                 # requests a second
expires = 2027-01-31
```
"""

from __future__ import annotations

import hashlib
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.serving.server.limits import Limits
from deepcat.serving.server.renewed import Renewed

_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORDS = {"sha256", "in_flight", "rate", "expires"}
_PREFIX = "dck_"


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        name: whose it is.
        limits: its bounds; those that it does not say are the server's.
        expires: the first day on which it counts no more, or None.
    """

    name: str
    limits: Limits
    expires: date | None = None


class Keys:
    """The keys of a file, which each call looks at: what was taken away counts no more at once."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._file = Renewed((path,), lambda: read_keys(_text(path), limits), look_s=0.0)

    def find(self, given: str) -> Key | None:
        """The key that was given, if it counts today."""
        key = self._file.now().get(hashlib.sha256(given.encode()).hexdigest())
        if key and key.expires and datetime.now(UTC).date() >= key.expires:
            return None
        return key


def new_key(name: str) -> tuple[str, str]:
    """A new key, and the lines that a file of keys has for it."""
    key = _PREFIX + secrets.token_urlsafe(32)
    quoted = name if re.fullmatch(r"[\w-]+", name, re.ASCII) else _quoted(name)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return key, f'[keys.{quoted}]\nsha256 = "{digest}"\n'


def read_keys(text: str, limits: Limits) -> dict[str, Key]:
    """The keys of a file's text, by their hashes.

    Raises:
        DeepcatError: it is none (``serving/keys``).
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(str(error)) from None
    keys = data.pop("keys", {})
    if data or not isinstance(keys, dict):
        raise _wrong(f"`{next(iter(data), 'keys')}` is no table of keys")
    found: dict[str, Key] = {}
    for name, words in keys.items():
        digest, key = _key(name, words, limits)
        if digest in found:
            raise _wrong(f"`{name}` and `{found[digest].name}` have the same key")
        found[digest] = key
    return found


def _key(name: str, words: Any, limits: Limits) -> tuple[str, Key]:
    if not isinstance(words, dict) or words.keys() - _WORDS:
        known = ", ".join(sorted(_WORDS))
        raise _wrong(f"`{name}` says something else than {known}")
    digest, expires = words.get("sha256"), words.get("expires")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _wrong(f"`sha256` of `{name}` is not 64 hexadecimal digits")
    if expires is not None and type(expires) is not date:
        raise _wrong(f"`expires` of `{name}` is no date, such as 2027-01-31")
    own = Limits(
        int(_number(name, words, "in_flight", limits.in_flight)),
        _number(name, words, "rate", limits.rate),
    )
    return digest, Key(name, own, expires)


def _number(name: str, words: Mapping[str, Any], word: str, otherwise: float) -> float:
    value = words.get(word, otherwise)
    kinds = (int,) if word == "in_flight" else (int, float)
    if type(value) not in kinds or not 0 <= value < 1e9:
        raise _wrong(f"`{word}` of `{name}` is no number that is 0 or more")
    return float(value)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise _wrong(f"{path}: {reason}") from None


def _quoted(name: str) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wrong(why: str) -> DeepcatError:
    return DeepcatError(
        f"the file of keys cannot be read: {why}",
        hint="`deepcat serve --new-key NAME` prints the lines of one",
        code="serving/keys",
    )
