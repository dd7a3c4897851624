"""Vault's HTTP API on the loopback, as its documentation of the KV engine, version 2, describes it.

No build of Vault or OpenBao can be had from a package index, so this is the nearest thing: it takes
no call that Vault would not take, notes those that it refused, and answers in Vault's own shape.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Vault:
    """What the server holds, and what it saw.

    Attributes:
        url: its address.
        token: the one token that may read.
        namespace: the one namespace that there is.
        held: path below `secret/data/` -> key -> value.
        read: the paths that were read.
        refused: calls that were not taken, each with why.
    """

    token: str = "hvs.C4n4ryOfTheVault0002"
    namespace: str = "institute/"
    url: str = ""
    held: dict[str, Mapping[str, str]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """How a client is told of it."""
        return {
            "VAULT_ADDR": self.url,
            "VAULT_TOKEN": self.token,
            "VAULT_NAMESPACE": self.namespace,
        }

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and body of one call."""
        wrong = self._wrong(method, path, headers)
        if wrong:
            self.refused.append(f"{method} {path}: {wrong[1]}")
            return wrong[0], {"errors": [wrong[1]]}
        name = path.removeprefix("/v1/secret/data/")
        if name not in self.held:
            return 404, {"errors": []}
        self.read.append(name)
        metadata = {
            "created_time": "2026-01-01T00:00:00.000000000Z",
            "custom_metadata": None,
            "deletion_time": "",
            "destroyed": False,
            "version": 1,
        }
        return 200, {
            "request_id": str(uuid.uuid4()),
            "lease_id": "",
            "renewable": False,
            "lease_duration": 0,
            "data": {"data": dict(self.held[name]), "metadata": metadata},
            "wrap_info": None,
            "warnings": None,
            "auth": None,
            "mount_type": "kv",
        }

    def _wrong(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
        if headers.get("X-Vault-Request") != "true":
            return 400, "missing header X-Vault-Request"
        if headers.get("X-Vault-Token") != self.token:
            return 403, "permission denied"
        if headers.get("X-Vault-Namespace", "").strip("/") != self.namespace.strip("/"):
            return 403, "permission denied"
        if method != "GET":
            return 405, "unsupported operation"
        if not path.startswith("/v1/secret/data/") or "?" in path or ".." in path:
            return 403, "permission denied"
        return None


@contextmanager
def vault(held: Mapping[str, Mapping[str, str]]) -> Iterator[Vault]:
    """A server for as long as this lasts."""
    found = Vault(held=dict(held))

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            status, answer = found.answer(self.command, self.path, self.headers)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _do

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
