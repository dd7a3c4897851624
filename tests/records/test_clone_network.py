"""Records of a remote across a network: what may be read and written, and what is told."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.records.clone import open_store
from deepcat.records.record import Record
from deepcat.records.store import Store

Make = Callable[..., Record]


def begin(clone: Path, record: Record) -> None:
    store = open_store(clone, to_act=True)
    store.update(record.name, lambda _: record, f"{record.name}: begin")


@contextmanager
def served(folder: Path, port: int, *words: str) -> Iterator[str]:
    """`git daemon` on the loopback; gives the address of `remote.git`."""
    options = ("--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all")
    daemon = subprocess.Popen(
        ["git", "daemon", *options, f"--base-path={folder}", *words, str(folder)],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"git://127.0.0.1:{port}/remote.git"
    try:
        deadline = time.monotonic() + 120
        while subprocess.run(
            ["git", "ls-remote", address], capture_output=True, check=False
        ).returncode:
            assert daemon.poll() is None and time.monotonic() < deadline
        yield address
    finally:
        os.killpg(daemon.pid, 15)
        daemon.wait()


@pytest.mark.starts("git daemon")
def test_over_a_network_who_may_only_read_reads(
    shared: Any, make_record: Make, free_port: int
) -> None:
    begin(shared.clone("a"), make_record("one"))
    with served(shared.folder, free_port) as address:
        b = shared.clone("b", address)
        assert set(open_store(b).read_all()) == {"one"}
        with pytest.raises(DeepcatError) as caught:
            begin(b, make_record("two"))
    assert caught.value.code == "records/forbidden"
    assert set(Store(shared.remote).read_all()) == {"one"}


@pytest.mark.starts("git daemon")
def test_over_a_network_who_may_write_writes_and_a_network_that_goes_is_told(
    shared: Any, make_record: Make, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with served(shared.folder, free_port, "--enable=receive-pack") as address:
        b = shared.clone("b", address)
        begin(b, make_record("two"))
    assert set(Store(shared.remote).read_all()) == {"two"}
    shared.stale(b)
    assert set(open_store(b).read_all()) == {"two"}
    assert "`origin` cannot be reached" in caplog.text


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A web server that answers everything so; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", "Basic realm=r")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is said of a request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/r.git"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.starts("a server")
@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "forbidden"), (403, "forbidden"), (404, "unreachable"), (500, "unreachable")],
)
def test_a_web_server_that_gives_no_records_is_told_without_a_prompt(
    shared: Any, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with answering(status) as address:
        b = shared.clone("b", address)
        with pytest.raises(DeepcatError) as caught:
            open_store(b, to_act=True).read_all()
        assert open_store(b).read_all() == {}
    assert caught.value.code == f"records/{code}"
    assert caught.value.message in caplog.text
