"""A GitLab on the loopback: one project, as its documentation says that its interface answers.

Of its generic packages, its packages and their files, its releases and their links; nothing of it
was held to a real GitLab.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PROJECT = "lab/below/models"
_GENERIC = re.compile(r"/packages/generic/([\w.-]+)/((?:\.?[\w+-]+\.?)+)/([\w.-]+)", re.ASCII)
_LINK = {"name", "url", "link_type"}


@dataclass
class GitLab:
    """What one holds.

    Attributes:
        token: that lets in.
        packages: by their id.
        files: of the packages, by their id, with `_content`.
        links: of the release, by their id.
        release: None until it is made.
        is_public: whether everybody may read.
        asked: method and path below the project of each call.
        limits: how many calls are answered with 429 first.
        violations: what GitLab would not know.
    """

    token: str = "glpat-of-a-test"
    packages: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[int, dict[str, Any]] = field(default_factory=dict)
    links: dict[int, dict[str, Any]] = field(default_factory=dict)
    release: dict[str, Any] | None = None
    is_public: bool = True
    asked: list[str] = field(default_factory=list)
    limits: int = 0
    violations: list[str] = field(default_factory=list)
    port: int = 0
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def answer(
        self, method: str, target: str, login: str | None, content: bytes
    ) -> tuple[int, Any]:
        """Status and body of one call; a file's bytes as they are."""
        parts = urlsplit(target)
        root = "/api/v4/projects/" + PROJECT.replace("/", "%2F")
        path, query = parts.path.removeprefix(root), dict(parse_qsl(parts.query))
        if not parts.path.startswith(root):
            self.violations.append(f"no such project: {parts.path}")
            return 404, {"message": "404 Project Not Found"}
        self.asked.append(f"{method} {path}")
        if self.limits:
            self.limits -= 1
            return 429, {"message": "Retry later"}
        if login not in (None, f"Bearer {self.token}"):
            return 401, {"message": "401 Unauthorized"}
        if login is None and (not self.is_public or method != "GET"):
            return 404, {"message": "404 Project Not Found"}
        if found := _GENERIC.fullmatch(path):
            return self._generic(method, found.groups(), login, content)
        given = json.loads(content or b"{}")
        for pattern, act in (
            (r"", self._project),
            (r"/packages", self._list_packages),
            (r"/packages/(\d+)", self._package),
            (r"/packages/(\d+)/package_files", self._list_files),
            (r"/packages/(\d+)/package_files/(\d+)", self._file),
            (r"/releases", self._releases),
            (r"/releases/([\w.-]+)", self._release),
            (r"/releases/([\w.-]+)/assets/links", self._list_links),
            (r"/releases/([\w.-]+)/assets/links/(\d+)", self._link),
        ):
            if match := re.fullmatch(pattern, path):
                try:
                    status, told = act(method, match.groups(), query, given)
                except KeyError:
                    return 404, {"message": "404 Not found"}
                if isinstance(told, list):
                    size, page = int(query.get("per_page", 20)), int(query.get("page", 1))
                    told = told[(page - 1) * size : page * size]
                return status, told
        self.violations.append(f"no such call: {method} {path}")
        return 404, {"error": "404 Not Found"}

    def _generic(
        self, method: str, names: tuple[Any, ...], login: str | None, content: bytes
    ) -> tuple[int, Any]:
        name, version, file = names
        if method == "GET":
            if login:
                self.violations.append("a file is read with a log-in, which hosts have not")
            found = [
                each
                for each in self.files.values()
                if each["file_name"] == file and self._where(each) == (name, version)
            ]
            return (200, found[-1]["_content"]) if found else (404, {"message": "404 Not found"})
        package = next(
            (each for each in self.packages.values() if self._named(each) == (name, version)), None
        )
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if package is None:
            package = {"id": next(self._numbers), "name": name, "version": version}
            package |= {"package_type": "generic", "created_at": now, "status": "default"}
            self.packages[package["id"]] = package
        made = {"id": next(self._numbers), "package_id": package["id"], "file_name": file}
        made |= {"created_at": now, "size": len(content), "_content": content}
        made["file_sha256"] = hashlib.sha256(content).hexdigest()
        self.files[made["id"]] = made
        return 201, _shown(made)

    def _named(self, package: Mapping[str, Any]) -> tuple[str, str]:
        return package["name"], package["version"]

    def _where(self, file: Mapping[str, Any]) -> tuple[str, str]:
        return self._named(self.packages[file["package_id"]])

    def _project(self, *_: Any) -> tuple[int, Any]:
        return 200, {"path_with_namespace": PROJECT, "default_branch": "main"}

    def _list_packages(self, _: str, __: Any, query: Mapping[str, str], ___: Any) -> Any:
        return 200, [
            each
            for each in self.packages.values()
            if query.get("package_name", "") in each["name"]
            and query.get("package_version", each["version"]) == each["version"]
            and query.get("package_type", "generic") == each["package_type"]
        ]

    def _package(self, method: str, ids: tuple[Any, ...], *_: Any) -> tuple[int, Any]:
        package = self.packages[int(ids[0])]
        if method == "DELETE":
            del self.packages[package["id"]]
            for each in [*self.files.values()]:
                if each["package_id"] == package["id"]:
                    del self.files[each["id"]]
            return 204, None
        return 200, package

    def _list_files(self, _: str, ids: tuple[Any, ...], *__: Any) -> tuple[int, Any]:
        package = self.packages[int(ids[0])]["id"]
        return 200, [_shown(each) for each in self.files.values() if each["package_id"] == package]

    def _file(self, _: str, ids: tuple[Any, ...], *__: Any) -> tuple[int, Any]:
        if self.files[int(ids[1])]["package_id"] != int(ids[0]):
            raise KeyError
        del self.files[int(ids[1])]
        return 204, None

    def _releases(self, _: str, __: Any, ___: Any, given: Any) -> tuple[int, Any]:
        if self.release:
            return 409, {"message": "Release already exists"}
        if not given.get("ref"):
            return 422, {"message": "Ref is not specified"}
        self.release = dict(given)
        return 201, self.release

    def _release(self, _: str, names: tuple[Any, ...], *__: Any) -> tuple[int, Any]:
        if not self.release or self.release["tag_name"] != names[0]:
            raise KeyError
        return 200, self.release

    def _list_links(
        self, method: str, names: tuple[Any, ...], query: Any, given: Any
    ) -> tuple[int, Any]:
        self._release(method, names)
        if method == "GET":
            return 200, list(self.links.values())
        if set(given) - _LINK or given["link_type"] not in {"other", "package"}:
            self.violations.append(f"no such link: {given}")
        for each in self.links.values():
            if each["url"] == given["url"] or each["name"] == given["name"]:
                return 400, {"message": {"name": ["has already been taken"]}}
        number = next(self._numbers)
        self.links[number] = {"id": number, **given}
        return 201, self.links[number]

    def _link(self, _: str, names: tuple[Any, ...], *__: Any) -> tuple[int, Any]:
        return 200, self.links.pop(int(names[1]))


def _shown(file: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in file.items() if not key.startswith("_")}


@contextmanager
def running(tls: ssl.SSLContext) -> Iterator[GitLab]:
    """One with TLS; a call that a real one would not know fails the test."""
    forge, lock = GitLab(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            size = int(self.headers["Content-Length"] or 0)
            content = self.rfile.read(size)
            if len(content) < size:  # cut on its way
                return
            with lock:
                login = self.headers["Authorization"]
                status, told = forge.answer(self.command, self.path, login, content)
            data = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Retry-After", "5")
            self.send_header("Content-Length", str(0 if status == 204 else len(data)))
            self.end_headers()
            self.wfile.write(b"" if status == 204 else data)

        do_GET = do_POST = do_PUT = do_DELETE = _do

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        forge.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
    assert not forge.violations, forge.violations
