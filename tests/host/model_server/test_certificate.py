"""The certificate by which a server is known to who proves it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.rigs.credentials import Authority

from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.model_server.client import Client
from deepcat.host.model_server.keys import fingerprint
from deepcat.host.model_server.prove import is_available
from deepcat.host.model_server.rollout import Served
from deepcat.serving.client.pinned import certificate, name_of

pytestmark = pytest.mark.starts("a server")
MODEL = Served("m", 1, "a" * 64, "models/m")
STATUS = b'{"model_version_status": [{"version": "1", "state": "AVAILABLE"}]}'


@contextmanager
def server(pair: tuple[Path, Path]) -> Iterator[str]:
    """The address of one that shows a certificate, and says that its model is there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(STATUS)))
            self.end_headers()
            self.wfile.write(STATUS)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.socket = context.wrap_socket(made.socket, server_side=True)
        threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
        yield f"https://127.0.0.1:{made.server_port}"
        made.shutdown()


def test_it_counts_whatever_name_it_bears_and_no_other_does(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, other = authority.sign("m.example.org", "own"), authority.sign("m.example.org", "other")
    pem = own[0].read_text()
    with server(own) as at:
        assert is_available(Client(at, only=pem), MODEL)
        assert not is_available(Client(at, only=other[0].read_text()), MODEL)
        assert not is_available(Client(at), MODEL)
        assert certificate(at, fingerprint(pem)) == pem
        assert name_of(at, pem) == "localhost"
        for told in (fingerprint(other[0].read_text()), "", "a" * 64):
            with pytest.raises(DeepcatError, match="another certificate") as caught:
                certificate(at, told)
            assert caught.value.code == "serving/unreachable"
        with pytest.raises(DeepcatError, match="no answer"):
            name_of(at, other[0].read_text())
    with pytest.raises(DeepcatError, match="no answer"):
        certificate(at, fingerprint(pem))


def test_one_that_has_ended_is_not_waited_for(tmp_path: Path) -> None:
    pair = Authority(tmp_path).sign("m.example.org", "own", hours=-0.5)
    with server(pair) as at, pytest.raises(StepError, match="expired") as caught:
        is_available(Client(at, only=pair[0].read_text()), MODEL)
    assert (caught.value.kind, caught.value.code) == ("auth", "run/certificate")
