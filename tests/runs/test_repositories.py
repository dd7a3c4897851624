"""Files of a commit: from a real server of Git, as they lie in it, and nothing that runs."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.datasets import found as named
from deepcat.errors import DeepcatError
from deepcat.host.data.address import address_of
from deepcat.host.failure import StepError
from deepcat.loop.looked import looked_at
from deepcat.runs import fetched, repositories

pytestmark = [pytest.mark.starts("a server of Git"), pytest.mark.system("git")]

SECRET = "ada:pa:ss"
FILES = {"data/a.csv": b"1,2\r\n", "data/deep/b c.csv": b"$Id$\n", "README": b"x\n"}


class Handler(BaseHTTPRequestHandler):
    """Asks `git http-backend`; below `/private` only for who knows the secret."""

    root = ""

    def answer(self) -> None:
        known = f"Basic {base64.b64encode(SECRET.encode()).decode()}"
        if self.path.startswith("/private") and self.headers.get("Authorization") != known:
            self.send_error(401)
            return
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", self.path.replace("/away", "/open"))
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        told = {
            "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(
            ["git", "http-backend"],
            check=False,
            input=body,
            capture_output=True,
            env={**os.environ, **told},
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((int(value[:3]) for name, value in lines if name == "Status"), 200)
        self.send_response(status)
        for name, value in lines:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest)

    do_GET = do_POST = answer

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with data, and with what a stranger's might do."""
    top = tmp_path_factory.mktemp("git")
    own = top / "open"
    for path, content in FILES.items():
        (own / path).parent.mkdir(parents=True, exist_ok=True)
        (own / path).write_bytes(content)
    # Ends of lines, keywords, a filter; and a link that leads out.
    (own / ".gitattributes").write_text("*.csv text eol=crlf ident filter=lfs\n")
    (own / "data" / "out").symlink_to("/etc")
    for argv in (("init", "-q"), ("-c", "core.autocrlf=false", "add", "."), ("commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(own), *argv], check=True)
    shutil.copytree(own, top / "private", symlinks=True)
    return top


@pytest.fixture
def host(work: Path) -> Iterator[str]:
    handler = type("Own", (Handler,), {"root": str(work)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def commit(work: Path) -> str:
    argv = ["git", "-C", str(work / "open"), "rev-parse", "HEAD"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def test_what_a_commit_has_is_known_by_its_content(host: str, work: Path, tmp_path: Path) -> None:
    (tmp_path / "deepcat.yaml").write_text(
        f'apiVersion: deepcat/v1\ntitle: T\nallowed_data: {{hosts: ["{host}"]}}\n'
    )
    address = f"git+http://{host}/open/.git@{commit(work)}#data"
    found = looked_at(tmp_path, {"address": address}, None)
    sums = {each.path: each.sha256 for each in found.manifest.pieces}
    assert set(sums) == {"a.csv", "deep/b c.csv", "out"}  # the link is a file with its text
    entry = {"address": address, "sums": sums, "bytes": found.bytes}
    data = named(entry, {}, str.encode)
    assert fetched.is_brought(data)
    settings = {"allowed_data": {"hosts": [host]}}
    path = fetched.here(data, tmp_path / "kept", settings, str.encode).path
    assert (path / "out").read_bytes() == b"/etc"
    one = looked_at(tmp_path, {"address": f"{address}/deep/b%20c.csv"}, None)
    assert (one.is_file, one.manifest.pieces[0].path) == (True, "b c.csv")
    with pytest.raises(DeepcatError, match="none of the public web"):
        looked_at(tmp_path, {"address": address.replace(host, "127.0.0.1:1")}, None)


def test_it_lets_in_by_a_secret_that_stands_in_no_argument(
    host: str, work: Path, tmp_path: Path
) -> None:
    where = address_of(f"git+http://{host}/private/.git@{commit(work)}#README")
    with pytest.raises(StepError, match="Git cannot have it") as caught:
        repositories.copy(where, tmp_path / "no", 1000, "ada:wrong")
    assert "wrong" not in caught.value.message
    repositories.copy(where, tmp_path / "yes", 1000, SECRET)
    assert [path.name for path in (tmp_path / "yes").iterdir()] == ["README"]
    assert (tmp_path / "yes" / "README").read_bytes() == FILES["README"]


@pytest.mark.parametrize(
    ("place", "sha", "path"),
    [("away", "", ""), ("open", "0" * 40, ""), ("open", "", "#nowhere"), ("none", "", "")],
)
def test_what_it_does_not_have_is_told(
    host: str, work: Path, tmp_path: Path, place: str, sha: str, path: str
) -> None:
    where = address_of(f"git+http://{host}/{place}/.git@{sha or commit(work)}{path}")
    with pytest.raises(StepError, match="Git cannot have it") as caught:
        repositories.copy(where, tmp_path / "to", 1000, "")
    assert caught.value.code == "data/source"


def test_what_lies_in_a_store_of_large_files_is_told(host: str, work: Path, tmp_path: Path) -> None:
    own = work / "large"
    own.mkdir()
    (own / "x.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    for argv in (("init", "-q"), ("add", "."), ("commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(own), *argv], check=True)
    asked = ["git", "-C", str(own), "rev-parse", "HEAD"]
    sha = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    with pytest.raises(StepError, match="kept by Git LFS"):
        repositories.copy(
            address_of(f"git+http://{host}/large/.git@{sha}"), tmp_path / "to", 99, ""
        )


def test_a_small_commit_that_names_files_without_end_is_left(
    host: str, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "_MOST_LISTED", 1 << 20)
    own = ["git", "-C", str(work / "open")]

    def asked(*argv: str, text: str = "") -> str:
        done = subprocess.run([*own, *argv], input=text, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    made = asked("hash-object", "-w", "--stdin", text="x")
    kind = "100644 blob"
    for _ in range(9):  # 10 files, each folder 10 times: a thousand million
        made = asked("mktree", text="".join(f"{kind} {made}\t{at}\n" for at in range(10)))
        kind = "040000 tree"
    sha = asked("commit-tree", made, "-m", "x")
    asked("branch", "-f", "bomb", sha)
    with pytest.raises(StepError, match="more files, or larger ones") as caught:
        repositories.copy(address_of(f"git+http://{host}/open/.git@{sha}"), tmp_path / "to", 99, "")
    assert caught.value.code == "data/size"


@pytest.mark.parametrize(
    "text",
    [
        "git+https://example.org/x.git", "git+https://example.org/x.git@main",
        f"git+https://ada:s@example.org/x@{'0' * 40}", f"git+ssh://example.org/x@{'0' * 40}",
        f"git+file:///etc@{'0' * 40}", f"git+https://example.org/x@{'0' * 40}#../x",
        f"git+https://example.org/x@{'0' * 40}#%2e%2e/x",
        "doi:10.1/x", "doi:11.1234/x", "doi:10.70122/FK2#../x",
    ],
)  # fmt: skip
def test_what_is_no_commit_and_no_doi_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|scheme|lets somebody in"):
        address_of(text)
