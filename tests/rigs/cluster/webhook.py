"""A webhook of admission that refuses what it is asked about, in words of its own."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cluster.client import Client
from cluster.keys import Keys

WORDS = "the moon is not full"
_ALL = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class Webhook:
    """One that listens at this machine, where the API server asks it.

    Args:
        keys: that vouch for it.
        name: its own.
        host: the address at which the API server reaches it.
    """

    def __init__(self, keys: Keys, name: str = "moon", host: str = "127.0.0.1") -> None:
        self._name = name
        certificate = keys.issue(f"webhook-{name}", addresses=(host,))
        self._trust = keys.authority
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._server = ThreadingHTTPServer((host, 0), _Refusing)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def refuse(self, client: Client, verb: str, labels: dict[str, str]) -> None:
        """Let it be asked before whatever bears these labels is made (``CREATE``) or goes."""
        import base64

        host, port = self._server.server_address[:2]
        trust = base64.b64encode(self._trust.read_bytes()).decode()
        made: dict[str, Any] = {
            "name": f"{self._name}.example.org",
            "clientConfig": {"url": f"https://{host!s}:{port}/", "caBundle": trust},
            "rules": [
                {
                    "apiGroups": ["", "apps", "networking.k8s.io", "policy"],
                    "apiVersions": ["*"],
                    "operations": [verb],
                    "resources": ["configmaps", "services", "deployments", "networkpolicies",
                                  "poddisruptionbudgets"],
                }
            ],
            "objectSelector": {"matchLabels": labels},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 10,
        }  # fmt: skip
        client.make(_ALL, {"metadata": {"name": self._name}, "webhooks": [made]})

    def allow(self, client: Client) -> None:
        """Let it be asked no more."""
        client.ask("DELETE", f"{_ALL}/{self._name}")

    def end(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {
            "apiVersion": asked["apiVersion"], "kind": asked["kind"],
            "response": {
                "uid": asked["request"]["uid"], "allowed": False, "status": {"message": WORDS},
            },
        }  # fmt: skip
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
