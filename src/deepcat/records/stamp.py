"""When a remote's records were fetched last, noted in the repository's own folder."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deepcat.foreign import read_json

FILE = "deepcat-fetched"
# After a try that failed nobody waits for the next one at once.
AGAIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of the last fetch.

    Attributes:
        remote: name of the remote.
        at: seconds since 1970 of the last that went well; 0 when none did.
        tried: of the last that failed since; 0 when none did.
        why: it failed, in words.
    """

    remote: str = ""
    at: float = 0.0
    tried: float = 0.0
    why: str = ""

    def is_due(self, max_age_s: float, now: float) -> bool:
        """Whether to fetch again; a clock that was set back makes it due."""
        return not (0 <= now - self.at < max_age_s or 0 <= now - self.tried < AGAIN_S)

    def age(self, now: float) -> str:
        """How old what is known is, in words; empty when that is not known."""
        minutes = int((now - self.at) // 60) if self.at else -1
        for most, unit, size in ((60, "minute", 1), (48 * 60, "hour", 60), (1 << 40, "day", 1440)):
            if 0 <= minutes < most:
                count = minutes // size
                return f"{count} {unit}{'' if count == 1 else 's'} ago"
        return ""


class Stamps:
    """The stamp of one remote.

    Args:
        folder: the repository's own folder, shared by all its work trees.
        remote: the remote's name.
    """

    def __init__(self, folder: Path, remote: str) -> None:
        self._path = folder / FILE
        self._remote = remote

    def read(self) -> Stamp:
        """What is noted; nothing where that is of another remote, or cannot be read."""
        try:
            found = read_json(self._path.read_text("utf-8"))
            stamp = Stamp(
                str(found["remote"]), float(found["at"]), float(found["tried"]), str(found["why"])
            )
        except (OSError, ValueError, TypeError, KeyError):
            return Stamp(self._remote)
        return stamp if stamp.remote == self._remote else Stamp(self._remote)

    def fetched(self) -> None:
        """Note that it was fetched just now."""
        self._write(Stamp(self._remote, at=time.time()))

    def failed(self, why: str) -> None:
        """Note that it could not be."""
        self._write(replace(self.read(), tried=time.time(), why=why))

    def forget(self) -> None:
        """Let the next look fetch."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self, stamp: Stamp) -> None:
        new = self._path.with_name(f"{FILE}.{os.getpid()}.{threading.get_ident()}")
        with suppress(OSError):  # where nothing can be written, each command fetches
            try:
                new.write_text(json.dumps(asdict(stamp)), "utf-8")
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)
