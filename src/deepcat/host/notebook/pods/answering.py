"""EDGE of a pod: what a notebook's keeper is asked, and brought, by who shows its token."""

from __future__ import annotations

import errno
import hmac
import json
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, cast

from deepcat.host.notebook import values
from deepcat.host.notebook.pods import bringing, handing
from deepcat.host.notebook.pods import values as own
from deepcat.host.place import read_json, write_json

_ANSWERS_S = 120.0
_MOST_SENT = 10_000
_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# What of what was asked holds for the pods that come after this one.
_HOLDS = ("idle_s", "until")
# Of the pod, on its node.
_POD = Path("/tmp")  # noqa: S108 - of the container
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Answers:
    """What is known and asked of one notebook.

    Args:
        folder: its own, of this pod.
        kept: the claim.
        bounds: the file of the claim that keeps until when it may run.
        wanted: the checksums of what must be brought.
    """

    def __init__(self, folder: Path, kept: Path, bounds: Path, wanted: Sequence[str]) -> None:
        self._folder, self._kept, self._bounds = folder, kept, bounds
        self._wanted = tuple(wanted)
        self._lock = threading.Lock()
        self.asked = time.monotonic()

    def lacks(self) -> list[str]:
        """The checksums of what is not there yet."""
        brought = self._kept / own.BROUGHT
        return [each for each in self._wanted if not bringing.path_of(brought, each).is_dir()]

    def now(self) -> dict[str, Any]:
        """What is known, what was asked, and what is lacking."""
        return {
            "now": read_json(self._folder / values.NOW),
            "asked": read_json(self._folder / values.ASKED),
            "lacks": self.lacks(),
        }

    def ask(self, asked: Any) -> None:
        """Write down what is asked."""
        told = asked if isinstance(asked, dict) else {}
        write_json(self._folder / values.ASKED, told)
        with suppress(OSError):  # a claim that is full keeps nobody from being heard
            write_json(self._bounds, {key: told[key] for key in _HOLDS if key in told})

    def bring(self, sha256: str, size: int, stream: IO[bytes]) -> None:
        """Take what is brought.

        Raises:
            OSError: as `bringing.take`, or nobody wants it.
        """
        if sha256 not in self._wanted:
            raise OSError("nothing of this checksum is wanted")
        with self._lock:
            if sha256 in self.lacks():
                bringing.take(self._kept / own.BROUGHT, sha256, size, stream)

    def pour(self, path: str, into: IO[bytes]) -> None:
        """Write the work, or what it began with, as an archive.

        Raises:
            OSError: it cannot be read.
        """
        name = own.BASE if path == own.BEGUN else values.FILES
        handing.poured(self._kept / name, into)


def packed(pour: Callable[[IO[bytes]], None], folder: Path, *others: Path) -> IO[bytes]:
    """What is poured, in a file without a name, of the first folder that is not full.

    Raises:
        OSError: none takes it, or it cannot be poured.
    """
    whole: Any = None
    try:
        whole = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - whoever asked closes it
        pour(whole)
        whole.flush()
    except OSError as error:
        with suppress(OSError):  # what it still holds is not taken either
            if whole is not None:
                whole.close()
        if not others or error.errno not in _FULL:
            raise
        return packed(pour, *others)
    return cast(IO[bytes], whole)


def serving(answers: Answers, token: str, at: tuple[str, int]) -> ThreadingHTTPServer:
    """What answers at an address, once it is told to."""

    class Answering(BaseHTTPRequestHandler):
        timeout = _ANSWERS_S

        def do_GET(self) -> None:
            if not self._is_known():
                self._say(403)
            elif self.path == own.NOW:
                self._say(200, json.dumps(answers.now()).encode())
            elif self.path in (own.WORK, own.BEGUN):
                self._pour()
            else:
                self._say(404)

        def do_PUT(self) -> None:
            size = self.headers.get("Content-Length", "")
            if not self._is_known():
                self._say(403)
            elif not size.isdigit():
                self._say(411)
            elif self.path == own.ASKED and int(size) <= _MOST_SENT:
                answers.ask(json.loads(self.rfile.read(int(size))))
                self._say(200)
            elif self.path.startswith(own.BRING):
                self._bring(self.path.removeprefix(own.BRING), int(size))
            else:
                self._say(404)

        def log_message(self, *_: object) -> None:
            """Say nothing: its log is JupyterLab's."""

        def _is_known(self) -> bool:
            answers.asked = time.monotonic()
            shown = self.headers.get("Authorization", "").encode("utf-8", "replace")
            return hmac.compare_digest(shown, f"Bearer {token}".encode())

        def _bring(self, sha256: str, size: int) -> None:
            try:
                if not _SHA256.match(sha256):
                    raise OSError("it has no checksum")
                answers.bring(sha256, size, cast(IO[bytes], self.rfile))
            except OSError as error:
                self.close_connection = True
                self._say(507, str(error).encode())
            else:
                self._say(200)

        def _pour(self) -> None:
            try:
                whole = packed(partial(answers.pour, self.path), own.KEPT, _POD)
            except OSError as error:
                self._say(500, str(error).encode())
                return
            with whole:
                size = whole.seek(0, os.SEEK_END)
                whole.seek(0)
                self.send_response(200)
                self.send_header("Content-Length", str(size))
                self.end_headers()
                while chunk := whole.read(_CHUNK):
                    self.wfile.write(chunk)
                    answers.asked = time.monotonic()

        def _say(self, status: int, content: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(at, Answering)
    server.daemon_threads = True
    return server
