"""Sets of which a depository names the files: by a DOI, of a hub; and depositories that lie."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.values import Dataset
from deepcat.errors import DeepcatError
from deepcat.host.data.address import HUB, INVENIO, WEB, Address, address_of
from deepcat.host.data.manifest import Piece, made_of
from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.loop.looked import looked_at
from deepcat.runs import depositories, fetched

pytestmark = pytest.mark.starts("a server")

A, B = b"1,2\n", b"3,4\n"
DOI = "10.70122/FK2/ABC"
PAIR = made_of(Piece(name, hashlib.sha256(A).hexdigest()) for name in ("a b.csv", "b.csv"))


class Server(ThreadingHTTPServer):
    """Answers each path with what `pages` has of it, and notes what it was asked for.

    Attributes:
        pages: path with its query -> bytes, or a value that is told as JSON.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path not in self.server.pages:
            self.send_error(404)
            return
        page = self.server.pages[self.path]
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


@pytest.fixture
def root(tmp_path: Path, server: Server) -> Path:
    text = f'apiVersion: deepcat/v1\ntitle: T\nallowed_data: {{hosts: ["{server.host}"]}}\n'
    (tmp_path / "deepcat.yaml").write_text(text)
    return tmp_path


def data_cite(server: Server) -> None:
    server.pages |= {
        f"/{DOI}": {"url": "https://example.org/x", "contentUrl": [f"{server.url}/f/a%20b.csv",
                                                                   f"{server.url}/f/b.csv"]},
        "/f/a%20b.csv": A, "/f/b.csv": B,
    }  # fmt: skip


def dataverse(server: Server) -> None:
    files = [
        {"label": "a b.csv", "dataFile": {"id": 7, "filesize": 4}},
        {"label": "b.csv", "directoryLabel": "deep/er", "dataFile": {"id": 8}},
    ]
    asked = "versions/:latest-published/files?persistentId=doi%3A10.70122%2FFK2%2FABC"
    server.pages |= {
        f"/{DOI}": {"url": f"{server.url}/citation?persistentId=doi:{DOI}", "contentUrl": None},
        f"/api/datasets/:persistentId/{asked}": {"status": "OK", "data": files},
        "/api/access/datafile/7": A, "/api/access/datafile/8": B,
    }  # fmt: skip


def invenio(server: Server) -> None:
    server.pages |= {
        f"/{DOI}": {"url": f"{server.url}/records/82kn8-3nk04"},
        "/api/records/82kn8-3nk04/files": {"entries": [{"key": "a b.csv"}, {"key": "b.csv"}]},
        "/api/records/82kn8-3nk04/files/a%20b.csv/content": A,
        "/api/records/82kn8-3nk04/files/b.csv/content": B,
    }


@pytest.mark.parametrize("kind", [data_cite, dataverse, invenio])
def test_the_files_of_a_doi_are_found_wherever_it_leads(
    kind: Any, server: Server, root: Path
) -> None:
    kind(server)
    data = {"address": f"doi:{DOI}", "endpoint": server.url}
    found = looked_at(root, data, None)
    assert (found.bytes, found.is_file, len(found.manifest.pieces)) == (8, False, 2)
    whole = Dataset("x", "", data["address"], found.manifest, 8, data)
    assert fetched.is_brought(whole)
    settings = {"allowed_data": {"hosts": [server.host]}}
    assert fetched.here(whole, root / "kept", settings, str.encode).sent == 8
    one = {**data, "address": f"doi:{DOI}#a%20b.csv"}
    alone = looked_at(root, one, None)
    assert (alone.is_file, alone.manifest.pieces[0].path, alone.bytes) == (True, "a b.csv", 4)
    told = {**one, "sha256": hashlib.sha256(A).hexdigest()}
    asked = Dataset("x", "", one["address"], alone.manifest, 4, told)
    path = fetched.here(asked, root / "kept", settings, str.encode).path
    assert (path / "a b.csv").read_bytes() == A
    with pytest.raises(DeepcatError, match="has no file `none`"):
        looked_at(root, {**data, "address": f"doi:{DOI}#none"}, None)


@pytest.mark.parametrize("kind", [data_cite, dataverse, invenio])
def test_the_secret_of_a_doi_goes_to_nobody_whom_the_data_does_not_name(
    kind: Any, server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind(server)
    monkeypatch.setenv("DEEPCAT_WORKLOAD_DOI", "ada:canary")
    data = {"address": f"doi:{DOI}", "endpoint": server.url, "hosts": [server.host, "example.org"]}
    data |= {"credential": "env:DEEPCAT_WORKLOAD_DOI"}
    whole = Dataset("x", "", data["address"], PAIR, 8, data)
    settings = {"allowed_data": {"hosts": [server.host]}}
    with pytest.raises(StepError, match="may not be told") as caught:  # it would be by http
        fetched.here(whole, root / "kept", settings, str.encode)
    assert caught.value.code == "data/host"
    with pytest.raises(DeepcatError, match="may not be told"):
        looked_at(root, data, None)
    assert not any("datafile" in each or each.endswith(("csv", "content")) for each in server.asked)


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("https://example.org/x", True),
        ("https://EXAMPLE.org:443/x", True),
        ("https://example.org:8443/x", False),
        ("https://other.example:8443/x", True),
        ("https://other.example/x", False),
        ("http://example.org/x", False),
        ("https://example.org.evil.example/x", False),
        ("https://example.org@evil.example/x", False),
        ("https://example.org:99999/x", False),
        ("https://[example.org/x", False),
        ("https:///x", False),
    ],
)
def test_who_is_told_the_secret_of_a_doi(url: str, is_told: bool) -> None:
    where, data = address_of(f"doi:{DOI}"), {"hosts": ["example.org", "other.example:8443"]}
    if is_told:
        assert depositories.letting_in(url, where, data, "ada:x").keys() == {"Authorization"}
    else:
        with pytest.raises(StepError, match="may not be told"):
            depositories.letting_in(url, where, data, "ada:x")
    assert depositories.letting_in(url, where, {}, "") == {}


def test_a_hub_and_zenodo_name_the_files_of_a_whole_set(server: Server) -> None:
    commit = "0" * 40
    server.pages = {
        f"/api/datasets/o/n/revision/{commit}": {"siblings": [{"rfilename": "d/a.csv"}]},
        "/api/records/12/files": {"entries": [{"key": "b.csv"}]},
    }
    hub = Address(WEB, f"{server.url}/datasets/o/n/resolve/{commit}", store=HUB)
    zenodo = Address(WEB, f"{server.url}/records/12/files", "?download=1", INVENIO)
    allowed = Allowed(hosts=(server.host,))
    assert depositories.is_listed(hub)
    assert depositories.is_listed(zenodo)
    assert depositories.files(hub, "", allowed) == {"d/a.csv": f"{hub.base}/d/a.csv"}
    found = depositories.files(zenodo, "", allowed)
    assert found == {"b.csv": f"{zenodo.base}/b.csv?download=1"}


DEEP: Any = []
for _ in range(90):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"url": "https://example.org/page"}, "data/source"),
        ({"url": 5}, "data/source"),
        ([], "data/source"),
        (b"<html>", "data/source"),
        (b'{"url": NaN}', "data/source"),
        (DEEP, "data/source"),
        ({"contentUrl": ["file:///etc/passwd"]}, "data/host"),
        ({"contentUrl": ["http://169.254.169.254/latest/x"]}, "data/host"),
        ({"contentUrl": ["http://127.0.0.1:1/x"]}, "data/host"),
        ({"contentUrl": "http://example.org/%2e%2e"}, "data/manifest"),
        ({"contentUrl": "http://example.org/a%2Fb%0A"}, "data/manifest"),
        ({"url": "http://169.254.169.254/records/1"}, "data/host"),
        ({"url": "file:///records/1"}, "data/host"),
    ],
)
def test_a_depository_that_lies_is_told(server: Server, root: Path, told: Any, code: str) -> None:
    server.pages = {f"/{DOI}": told}
    with pytest.raises(DeepcatError) as caught:
        looked_at(root, {"address": f"doi:{DOI}", "endpoint": server.url}, None)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a\nb", "x" * 300, "", "A/a/../../x"])
def test_a_name_that_leads_out_is_no_file(server: Server, name: str) -> None:
    server.pages = {"/api/records/12/files": {"entries": [{"key": name}]}}
    where = Address(WEB, f"{server.url}/records/12/files", "?download=1", INVENIO)
    with pytest.raises(StepError) as caught:
        depositories.files(where, "", Allowed(hosts=(server.host,)))
    assert caught.value.code == "data/manifest"
