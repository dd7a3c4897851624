"""One file of the web, from servers that cut, lie, change and lead astray."""

from __future__ import annotations

import errno
import hashlib
import io
import random
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from saying_servers import saying
from waiting import until

from deepcat.host.data import asking, web
from deepcat.host.data.web import Allowed, File, fetch
from deepcat.host.failure import StepError

pytestmark = pytest.mark.starts("a server")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n" * 20

CONTENT = bytes(range(256)) * 4096


class Server(ThreadingHTTPServer):
    """Sends `content`, cut after `cuts` bytes of each answer, and notes what it was asked."""

    content, cuts, leads, status, ranges = CONTENT, 0, "", 200, True
    extra = b""
    most = 0  # of a part, where it sends less than was asked for

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, str]] = []
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/points.csv"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        mine = self.server
        mine.asked.append(dict(self.headers))
        if mine.leads:
            self.send_response(302)
            self.send_header("Location", mine.leads)
            self.end_headers()
            return
        if mine.status != 200:
            self.send_error(mine.status)
            return
        begin = 0
        if mine.ranges and (asked := self.headers.get("Range")):
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
            if begin >= len(mine.content):
                self.send_error(416)
                return
        rest = mine.content[begin:]
        if begin and mine.most:
            rest = rest[: mine.most]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header(
                "Content-Range", f"bytes {begin}-{begin + len(rest) - 1}/{len(mine.content)}"
            )
        if not mine.extra:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        part = (rest + mine.extra)[: mine.cuts or None]
        mine.sent += len(part)
        self.wfile.write(part)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def wanted(server: Server, **more: Any) -> File:
    given = {"url": server.url, "sha256": hashlib.sha256(CONTENT).hexdigest(), "most": len(CONTENT)}
    return File(**{**given, **more})


def allowed(*servers: Server) -> Allowed:
    return Allowed(hosts=tuple(each.host for each in servers))


def test_a_file_comes_whole_and_what_was_cut_goes_on(server: Server, tmp_path: Path) -> None:
    server.cuts = 300_000
    assert fetch(wanted(server), tmp_path / "x", allowed(server)) == len(CONTENT)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert [each.name for each in tmp_path.iterdir()] == ["x"]
    assert server.sent == len(CONTENT)  # no byte twice
    assert [each.get("Range") for each in server.asked] == [
        None,
        "bytes=300000-",
        "bytes=600000-",
        "bytes=900000-",
    ]


def test_one_that_was_killed_goes_on(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x:part").write_bytes(CONTENT[:1000])
    assert fetch(wanted(server), tmp_path / "x", allowed(server)) == len(CONTENT) - 1000
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_server_without_ranges_begins_anew(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "x:part").write_bytes(CONTENT[:1000])
    fetch(wanted(server), tmp_path / "x", allowed(server))
    assert (tmp_path / "x").read_bytes() == CONTENT


@pytest.mark.parametrize("sha256", ["", hashlib.sha256(CONTENT).hexdigest()])
def test_a_server_that_sends_less_than_was_asked_for_is_asked_on(
    server: Server, tmp_path: Path, sha256: str
) -> None:
    server.most = 400_000
    (tmp_path / "x:part").write_bytes(CONTENT[:100_000])
    fetch(wanted(server, sha256=sha256), tmp_path / "x", allowed(server))
    assert (tmp_path / "x").read_bytes() == CONTENT
    begun = [each.get("Range") for each in server.asked]
    assert begun == ["bytes=100000-", "bytes=500000-", "bytes=900000-"]


def test_what_lay_here_of_an_older_one_is_fetched_once_more(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x:part").write_bytes(b"older" * 100)
    fetch(wanted(server), tmp_path / "x", allowed(server))
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_changed_source_is_told(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(StepError, match="it changed") as caught:
        fetch(wanted(server), tmp_path / "x", allowed(server))
    assert caught.value.code == "data/changed"
    assert not [*tmp_path.iterdir()]


def test_a_small_file_is_written_once_and_takes_the_place_of_what_was_left(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(b"")  # as a crash of the machine leaves it
    (tmp_path / "x").chmod(0o444)
    fetch(wanted(server), tmp_path / "x", allowed(server))
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o444  # no other call makes it so
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("cuts", [0, 7_000_001])
def test_what_is_larger_than_all_buffers_comes_whole(
    server: Server, tmp_path: Path, cuts: int
) -> None:
    server.content = random.Random(1).randbytes(web._BUFFER * (web._MOST_BUFFERS + 6) + 77)
    server.cuts = cuts
    sha256, most = hashlib.sha256(server.content).hexdigest(), len(server.content)
    assert fetch(wanted(server, sha256=sha256, most=most), tmp_path / "x", allowed(server)) == most
    assert (tmp_path / "x").read_bytes() == server.content
    assert server.sent == most


@pytest.mark.parametrize("extra", [b"", b"more"])
def test_a_server_that_sends_more_than_it_said_is_left(
    server: Server, tmp_path: Path, extra: bytes
) -> None:
    server.extra = extra  # then it tells no length
    with pytest.raises(StepError, match="sends more") as caught:
        fetch(
            wanted(server, most=len(CONTENT) - (0 if extra else 1)), tmp_path / "x", allowed(server)
        )
    assert caught.value.code == "data/size"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "head",
    [
        b"200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"206 Part\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 2097152\r\n\r\n",
    ],
)
def test_a_small_length_beside_a_large_answer_is_not_believed(tmp_path: Path, head: bytes) -> None:
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    said = b"HTTP/1.1 " + head + chunk * 2 + b"0\r\n\r\n"
    with saying(said) as host, pytest.raises(StepError, match="sends more") as caught:
        fetch(File(f"http://{host}/x", "0" * 64, 5), tmp_path / "x", Allowed(hosts=(host,)))
    assert caught.value.code == "data/size"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "leads",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:1/x",
        "//localhost:1/x",
        "http://2130706433:1/",
    ],
)
def test_nobody_is_led_where_only_this_machine_may_ask(
    server: Server, tmp_path: Path, leads: str
) -> None:
    server.leads = leads
    with pytest.raises(StepError) as caught:
        fetch(wanted(server), tmp_path / "x", allowed(server))
    assert caught.value.code == "data/host"
    assert len(server.asked) == 1


@pytest.mark.parametrize("hosts", [(), ("127.0.0.1:1",), ("localhost",)])
def test_a_host_of_the_own_network_is_asked_only_where_it_is_named(
    server: Server, tmp_path: Path, hosts: tuple[str, ...]
) -> None:
    with pytest.raises(StepError, match="none of the public web"):
        fetch(wanted(server), tmp_path / "x", Allowed(hosts=hosts))
    assert not server.asked


def test_a_secret_goes_to_no_other_host(server: Server, tmp_path: Path) -> None:
    other = Server()
    thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        server.leads = other.url
        given = wanted(server, headers=web.letting_in("ada:secret"))
        fetch(given, tmp_path / "x", allowed(server, other))
        assert "Authorization" in server.asked[0]
        assert "Authorization" not in other.asked[0]
    finally:
        other.shutdown()
        thread.join()
        other.server_close()


@pytest.mark.parametrize(("status", "kind"), [(404, "module"), (403, "auth")])
def test_a_refusal_is_told_at_once(server: Server, tmp_path: Path, status: int, kind: str) -> None:
    server.status = status
    with pytest.raises(StepError, match=f"answered with {status}") as caught:
        fetch(wanted(server, url=f"{server.url}?token=abc"), tmp_path / "x", allowed(server))
    assert caught.value.kind == kind
    assert "abc" not in caught.value.message
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"Location: /\xe9\xff",
        b"Location: http://[::1",
        b"Location: http://127.0.0.1:99999/",
        b"Location: http://a..b/",
        b"Location: http://" + b"a" * 300 + b".example/",
    ],
)
def test_an_answer_that_leads_to_what_is_no_address_is_told(tmp_path: Path, line: bytes) -> None:
    with saying(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + line + b"\r\n\r\n") as host:
        file = File(f"http://{host}/x", "0" * 64, 1000)
        with pytest.raises(StepError) as caught:
            fetch(file, tmp_path / "x", Allowed(hosts=(host,)))
    assert caught.value.code == "data/source"


@pytest.mark.parametrize("length", [b"\xb2", b"9" * 5000])
def test_a_length_that_is_no_number_is_told(tmp_path: Path, length: bytes) -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\nab") as host:
        file = File(f"http://{host}/x", "0" * 64, 1000)
        with pytest.raises(StepError) as caught:
            fetch(file, tmp_path / "x", Allowed(hosts=(host,)))
    assert caught.value.code == "data/source"


def test_an_answer_that_never_begins_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_HEAD_S", 0.3)
    monkeypatch.setattr(web, "_TRIES", 2)
    with saying(CONTINUE, CONTINUE, pause_s=0.005) as host:
        began = time.monotonic()
        with pytest.raises(StepError) as caught:
            fetch(File(f"http://{host}/x", "0" * 64, 1000), tmp_path / "x", Allowed(hosts=(host,)))
        assert time.monotonic() - began < 30
    assert caught.value.code == "data/source"


def test_a_process_that_is_forked_looks_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_HEAD_S", 0.3)
    monkeypatch.setattr(web, "_TRIES", 1)
    ending = asking._Ending()
    monkeypatch.setattr(asking, "_ENDING", ending)
    ending._is_looking = True  # as its parent left it
    ending._begin()
    for _ in range(2):  # and once more, after it had nobody to look at
        with saying(CONTINUE, CONTINUE, pause_s=0.005) as host, pytest.raises(StepError):
            fetch(File(f"http://{host}/x", "0" * 64, 1000), tmp_path / "x", Allowed(hosts=(host,)))
        until(lambda: not ending._is_looking)


def test_a_little_at_each_asking_is_not_taken_for_ever(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.cuts = 1
    monkeypatch.setattr(web, "_SLOW_S", 1.0)
    with pytest.raises(StepError) as caught:
        fetch(wanted(server), tmp_path / "x", allowed(server))
    assert caught.value.code == "data/source"


class Full(io.BytesIO):
    """A file on a disk that is full for one moment."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def write(self, data: Any) -> int:
        self.asked += 1
        if self.asked == 2:
            raise OSError(errno.ENOSPC, "no space left")
        return super().write(data)


class Long:
    """An answer of many buffers, each of one letter."""

    def __init__(self) -> None:
        self._letters = iter(b"abcdef")

    def read_into(self, room: memoryview) -> int:
        letter = next(self._letters, None)
        if letter is None:
            return 0
        room[:] = bytes([letter]) * len(room)
        return len(room)


def test_nothing_is_written_after_a_gap() -> None:
    out, answer = Full(), Long()
    beside = web._Beside(out, hashlib.sha256())
    with pytest.raises(OSError, match="no space left"), beside:
        while beside.take(answer):  # type: ignore[arg-type]
            pass
    assert set(out.getvalue()) == {ord("a")}
