"""EDGE of a pod: looks after the training in the container beside, and tells how it goes.

The cluster asks it whether the training may go on, and ends the other container where it may not.
All else it tells whoever shows the id that the cluster gave the job, through a port-forward; it
stays with what the training made until its time is over.
"""

from __future__ import annotations

import hmac
import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from deepcat.host.job import memory, outputs, training
from deepcat.host.job.pods import values
from deepcat.host.job.watching import LOOK_S, Watch

# The cluster asks every few seconds, for as long as the training's container runs.
_SILENT_S = 30.0
_ANSWERS_S = 60.0
_MOST_SENT = 10_000


class Keeping:
    """One training in a pod.

    Args:
        held: its limits, the bytes of memory that it may have, and where its checkpoints lie if
            that is not in its folder.
        folder: of the training, which its script writes.
        kept: of what is known of it, which its script does not see.
    """

    def __init__(self, held: dict[str, Any], folder: Path, kept: Path) -> None:
        self._folder, self._kept = folder, kept
        self._job = {
            "kept": str(kept),
            "output": training.OUTPUT,
            "checkpoints": held.get("checkpoints") or str(folder / values.CHECKPOINTS),
            "log": str(kept / "none"),
            "memory_bytes": held["memory_bytes"],
            "environment": held["environment"],
        }
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._asked = self._begun = time.monotonic()
        self._rows: list[dict[str, Any]] | None = None
        self._left: list[str] = []
        self._why = ""
        memory.limit(kept, held["limits"])

    def goes_on(self) -> str:
        """Why the training must end, as the cluster asks for as long as it runs; else empty."""
        with self._lock:
            self._asked = time.monotonic()
            self._watched()
            return self._why

    def _watched(self) -> Watch:
        if self._watch is None:
            self._watch = Watch(self._job, self._folder)
        return self._watch

    def look(self) -> None:
        """See how it goes."""
        with self._lock:
            if self._watch is not None and not self._why and not self._is_silent():
                self._why = self._watch.look()

    def told(self, *, is_over: bool = False) -> dict[str, Any]:
        """What is known of it.

        Args:
            is_over: whether its container has ended, so that what it made is final.
        """
        with self._lock:
            if self._watch is None and not is_over:
                return {}
            # One that was over before the cluster asked for the first time is seen now.
            seen = self._watched().see(is_over=is_over)
            if is_over and self._rows is None:
                self._rows, self._left = outputs.listed(self._folder / training.OUTPUT)
            own = {"output": self._rows or [], "left": self._left, "why": self._why}
            return {**seen, **own, "odd": self._watched().followed.curves.diverged}

    def limit(self, limits: dict[str, Any]) -> None:
        """Hold it to other limits from now on."""
        memory.limit(self._kept, limits)

    def seconds_silent(self) -> float:
        """For how long nobody has asked whether it may go on."""
        return time.monotonic() - self._asked

    def _is_silent(self) -> bool:
        return self.seconds_silent() > _SILENT_S


def main() -> None:
    """Look after a training until its container has ended, and for as long after as it is said."""
    held = json.loads(os.environ[values.VARIABLE])
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    keeping = Keeping(held, values.WORK, values.KEPT)
    server = serving(keeping, os.environ[values.TICKET], ("", values.PORT))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while keeping.seconds_silent() < _SILENT_S + float(held["holds_s"]):
        keeping.look()
        time.sleep(LOOK_S)
    os._exit(0)


def serving(keeping: Keeping, ticket: str, at: tuple[str, int]) -> ThreadingHTTPServer:
    """What answers at an address, once it is told to.

    Args:
        keeping: what it tells of.
        ticket: that whoever asks for more than whether the training may go on has to show.
        at: address and port.
    """

    class Answering(BaseHTTPRequestHandler):
        timeout = _ANSWERS_S

        def do_GET(self) -> None:
            if self.path == values.GOES_ON:
                why = keeping.goes_on()
                self._say(503 if why else 200, why.encode())
            elif not self._is_known():
                self._say(403, b"")
            elif self.path in (values.TOLD, values.OVER):
                told = keeping.told(is_over=self.path == values.OVER)
                self._say(200, json.dumps(told).encode())
            elif self.path == values.OUTPUT:
                self._pour()
            else:
                self._say(404, b"")

        def do_PUT(self) -> None:
            size = self.headers.get("Content-Length", "")
            if not self._is_known() or self.path != values.LIMITS:
                self._say(403, b"")
            elif not size.isdigit() or int(size) > _MOST_SENT:
                self._say(413, b"")
            else:
                keeping.limit(json.loads(self.rfile.read(int(size))))
                self._say(200, b"")

        def log_message(self, *_: object) -> None:
            """Say nothing: its log is the training's."""

        def _is_known(self) -> bool:
            shown = self.headers.get("Authorization", "").encode("utf-8", "replace")
            return hmac.compare_digest(shown, f"Bearer {ticket}".encode())

        def _pour(self) -> None:
            rows = keeping.told(is_over=True).get("output", [])
            self.send_response(200)
            self.send_header("Content-Length", str(sum(row["bytes"] for row in rows)))
            self.end_headers()
            outputs.poured(values.WORK / training.OUTPUT, rows, self.wfile)  # type: ignore[arg-type]

        def _say(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(at, Answering)
    server.daemon_threads = True
    return server
