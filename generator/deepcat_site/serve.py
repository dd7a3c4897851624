"""EDGE: shows the built website on the loopback, with a same-origin way to running deployments."""

from __future__ import annotations

import gzip
import mimetypes
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deepcat_site import proxy
from deepcat_site.html import headers
from deepcat_site.proxy import Endpoints

PROXY = "/serve/"
Told = Callable[[str], bytes | None]
_TYPES = {
    ".atom": "application/atom+xml",
    ".cff": "text/yaml",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
    ".yml": "text/yaml",
}
_PACKED = (".css", ".html", ".js", ".json", ".svg", ".xml", ".cff", ".yml")


def server(
    folder: Path,
    endpoints: Endpoints,
    host: str = "127.0.0.1",
    port: int = 0,
    told: Told = lambda _: None,
) -> ThreadingHTTPServer:
    """A server that is bound and not yet serving; its address is `.server_address`.

    Args:
        folder: the built website.
        endpoints: running deployments by name, asked at every request.
        host: address to bind.
        port: 0 takes a free one.
        told: JSON that is newer than the file at a path; None where there is none.
    """
    made = _Server((host, port), partial(_Handler, folder.resolve(), endpoints, host, told))
    made.daemon_threads = True
    return made


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle is no error; anything else is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(
        self, folder: Path, endpoints: Endpoints, host: str, told: Told, *args: object
    ) -> None:
        self.folder = folder
        self.endpoints = endpoints
        self.host = host
        self.told = told
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet; the browser shows what went wrong."""

    def do_GET(self) -> None:
        """A file, or a GET passed on."""
        self._answer()

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """A request for a deployment."""
        self._answer()

    def _answer(self) -> None:
        if not self._own_host():
            self._send(HTTPStatus.MISDIRECTED_REQUEST, b"not this host\n", "text/plain")
        elif self.path.startswith(PROXY):
            self._pass_on()
        elif self.command == "POST":
            self._send(HTTPStatus.METHOD_NOT_ALLOWED, b"", "text/plain")
        elif (newer := self.told(self.path)) is not None:
            self._send(HTTPStatus.OK, newer, "application/json; charset=utf-8")
        else:
            self._file()

    def _own_host(self) -> bool:
        """Whether the browser really means this server: a name that was rebound to it does not."""
        name = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        return name in proxy.LOOPBACK or name == self.host or self.host not in proxy.LOOPBACK

    def _file(self) -> None:
        path = unquote(urlsplit(self.path).path)
        target = (self.folder / path.lstrip("/")).resolve()
        if not target.is_relative_to(self.folder) or "\0" in path:
            target = self.folder / "404.html"
        if target.is_dir():
            if not path.endswith("/"):
                self._redirect(f"{path}/")
                return
            target /= "index.html"
        status = HTTPStatus.OK
        if not target.is_file() or target.name.startswith("."):
            target, status = self.folder / "404.html", HTTPStatus.NOT_FOUND
        content = target.read_bytes() if target.is_file() else b"not found\n"
        self._send(status, content, content_type(target))

    def _redirect(self, path: str) -> None:
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", "/" + path.lstrip("/"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _headers(self) -> dict[str, str]:
        """As the website's own file asks for them, so that what works here works elsewhere."""
        file = self.folder / "_headers"
        content = file.read_text("utf-8") if file.is_file() else headers.text(())
        told = {"Cache-Control": "no-cache", "Server-Timing": "deepcat"}
        return {**told, **headers.of(content, urlsplit(self.path).path)}

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in self._headers().items():
            self.send_header(name, value)
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(content) > 500:
            content = _packed(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _pass_on(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > proxy.MAX_BODY:
            self.close_connection = True
            self._send(*proxy.TOO_LARGE)
            return
        asked = self.path.removeprefix(PROXY)
        body = self.rfile.read(size)
        shown = self.headers.get("Authorization", "")
        self._send(*proxy.answer(self.endpoints(), self.command, asked, body, shown))


@lru_cache(maxsize=64)
def _packed(content: bytes) -> bytes:
    """Compressed once for all readers, as a static host does it."""
    return gzip.compress(content, 6, mtime=0)


def content_type(path: Path) -> str:
    """The media type that a file is sent with."""
    kind = (
        _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )
    return f"{kind}; charset=utf-8" if path.suffix in _PACKED else kind
