"""GitHub's OpenID provider on the loopback, as a job sees it and as a cloud sees it.

A job asks at `ACTIONS_ID_TOKEN_REQUEST_URL`, with its request token, for a token for an audience. A
cloud checks the token by the keys that the provider's discovery document names.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_ID = "one"
SUBJECT = "repo:deep/catalog:environment:production"


@dataclass
class Provider:
    """What the provider signs with, and what it refused.

    Attributes:
        url: its address, which is also the issuer.
        request_token: what the job must show.
        key: that it signs with.
        refused: requests that were not answered with a token.
    """

    url: str = ""
    request_token: str = "C4n4ryOfTheRunner0006"
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    refused: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What the runner gives to a job with the permission `id-token: write`."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/id-token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token,
        }

    def answer(self, target: str, authorization: str) -> tuple[int, Any]:
        """Status and body of one GET."""
        parts = urlsplit(target)
        if parts.path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.url, "jwks_uri": f"{self.url}/.well-known/jwks"}
        if parts.path == "/.well-known/jwks":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return 200, {"keys": [public | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]}
        query = parse_qs(parts.query)
        scheme, _, shown = authorization.partition(" ")
        if parts.path != "/id-token" or query.get("api-version") != ["2.0"]:
            return self._refuse(404, target)
        if scheme.lower() != "bearer" or shown != self.request_token:
            return self._refuse(401, target)
        token = self._token(query.get("audience", ["https://github.com/deep"])[0])
        return 200, {"count": len(token), "value": token}

    def _refuse(self, status: int, target: str) -> tuple[int, Any]:
        self.refused.append(f"{status} {target}")
        return status, {"message": "no"}

    def _token(self, audience: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": audience, "sub": SUBJECT, "iat": now, "exp": now + 300}
        return jwt.encode(claims, self.key, "RS256", {"kid": KEY_ID})


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider for as long as this lasts."""
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, answer = found.answer(self.path, self.headers.get("Authorization", ""))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

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
