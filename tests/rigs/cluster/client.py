"""What asks a cluster's API: requests as JSON, and a watch."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Client:
    """One who asks, by a token.

    Args:
        server: its URL.
        trust: what vouches for its certificate.
        token: of who asks.
    """

    server: str
    trust: Path
    token: str = field(repr=False)

    def ask(
        self, verb: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of one request."""
        status, content = self.raw(verb, path, body, kind)
        return status, json.loads(content or b"{}")

    def raw(
        self, verb: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """The same of what need not be JSON."""
        try:
            with self._open(verb, path, body, kind) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def get(self, path: str) -> dict[str, Any]:
        """What is there."""
        status, told = self.ask("GET", path)
        assert status == 200, told
        return told

    def make(self, path: str, body: Any) -> dict[str, Any]:
        """What became of an object that was posted."""
        status, told = self.ask("POST", path, body)
        assert status in (200, 201), told
        return told

    def apply(self, path: str, made: Any) -> str:
        """Have an object of a collection be as it is given; gives its path."""
        at = f"{path}/{made['metadata']['name']}"
        status, told = self.ask("PATCH", f"{at}?fieldManager=rig&force=true", made, APPLY)
        assert status in (200, 201), told
        return at

    def watch(self, path: str, timeout_s: int = 300) -> Iterator[dict[str, Any]]:
        """Events of a list, from all that is there on; ends after the time."""
        mark = "&" if "?" in path else "?"
        asked = f"{path}{mark}watch=1&timeoutSeconds={timeout_s}"
        with self._open("GET", asked, None, "", timeout_s + 30) as answer:
            for line in answer:
                yield json.loads(line)

    def until(
        self, path: str, is_so: Callable[[dict[str, Any]], Any], patience_s: float = _PATIENCE_S
    ) -> dict[str, Any]:
        """What is there once it is so."""
        ends = time.monotonic() + patience_s
        while True:
            status, told = self.ask("GET", path)
            if status == 200 and is_so(told):
                return told
            assert time.monotonic() < ends, json.dumps(told, indent=1)[-6000:]
            time.sleep(0.2)

    def is_ready(self) -> bool:
        """Whether the API server takes requests."""
        try:
            return self.raw("GET", "/readyz") == (200, b"ok")
        except OSError:
            return False

    def _open(self, verb: str, path: str, body: Any, kind: str, timeout_s: float = 60) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self.server}{path}", content, headers, method=verb)
        trust = ssl.create_default_context(cafile=str(self.trust))
        return urllib.request.urlopen(request, timeout=timeout_s, context=trust)


def answers(url: str) -> bool:
    """Whether something answers there that it is well."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
