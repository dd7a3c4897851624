"""code-server as a host has it, who uses it, and the door before it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from deepcat.host.failure import StepError
from deepcat.host.notebook import code_server, terminals
from deepcat.host.notebook.gate import Gate
from deepcat.host.notebook.terminals import Running

TOKEN = "t" * 43


def installed(folder: Path) -> Path:
    """As npm leaves it, beside what it needs; gives the folder for PATH."""
    modules = folder / "node_modules"
    entry = modules / "code-server" / "out" / "node" / "entry.js"
    for path in (entry, modules / "argon2" / "index.js"):
        path.parent.mkdir(parents=True)
        path.write_text("")
    (modules / "code-server" / "package.json").write_text(json.dumps({"name": "code-server"}))
    entry.chmod(0o755)
    programs = modules / ".bin"
    programs.mkdir()
    (programs / "code-server").symlink_to(entry)
    return programs


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


def test_it_is_found_with_what_lies_beside_it_and_its_node(tmp_path: Path) -> None:
    programs = installed(tmp_path)
    node = program(tmp_path / "node" / "node")
    found = code_server.found(f"{programs}:{node.parent}")
    modules = tmp_path / "node_modules"
    assert found.node == str(node)
    assert found.package == str(modules / "code-server")
    assert found.reads == (str(modules), str(node))
    own = program(modules / "code-server" / "lib" / "node")
    assert code_server.found(str(programs)).node == str(own)


def test_where_it_or_its_node_is_not_it_is_refused_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StepError, match="no program `code-server`") as none:
        code_server.found(str(tmp_path))
    assert "npm install --global code-server" in none.value.hint
    with pytest.raises(StepError, match=r"no Node\.js"):
        code_server.found(str(installed(tmp_path)))
    monkeypatch.setenv("PATH", str(tmp_path))
    (why,) = code_server.lacking()
    assert why.startswith("this host has no program `code-server` in its PATH; install it there")
    # A program of that name that is none.
    with pytest.raises(StepError, match="no program `code-server`"):
        code_server.found(str(program(tmp_path / "other" / "code-server").parent))


def test_a_command_in_a_terminal_below_it_is_use_and_a_shell_that_waits_is_none() -> None:
    shell, elsewhere = Running(10, 20, 34816), Running(1, 90, 34817)
    waits = {10: Running(1, 1, 0), 20: shell, 90: elsewhere, 91: Running(90, 90, 34817)}
    assert not terminals.busy(waits, 10)
    assert terminals.busy({**waits, 21: Running(20, 20, 34816)}, 10)
    assert not terminals.busy({**waits, 21: Running(20, 20, 0)}, 10)
    assert terminals.parsed("21 (a) b) S 20 21 20 34816 21 0") == Running(20, 20, 34816)


@pytest.mark.starts("a door on the loopback")
def test_the_door_lets_in_one_request_by_its_token_and_counts_websockets(tmp_path: Path) -> None:
    asyncio.run(_passes(tmp_path))


async def _passes(folder: Path) -> None:
    heard: list[bytes] = []
    goes_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if b"upgrade:" in heard[-1]:
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            heard.append(await reader.readexactly(4))
            goes_on.set()
            await reader.read()
        else:
            heard.append(await reader.readexactly(2))
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nyes")
        writer.close()

    gate = Gate(folder, "It is stopped\n", "/n/desk/")
    server = await gate.listen("127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def said(*lines: str, more: bytes = b"") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = "".join(f"{each}\r\n" for each in (lines[0], f"Host: 127.0.0.1:{port}", *lines[1:]))
        writer.write(f"{head}\r\n".encode() + more)
        got = await reader.read() if more != b"ping" else await reader.readuntil(b"\r\n\r\n")
        if more == b"ping":
            await goes_on.wait()
            assert gate.connected == 1
        writer.close()
        return got

    shown = f"Authorization: token {TOKEN}"
    assert b" 503 " in await said("GET /n/desk/ HTTP/1.1", shown)
    gate.token = TOKEN
    assert b" 503 " in await said("GET /n/desk/ HTTP/1.1", shown)  # nothing is there yet
    behind = await asyncio.start_unix_server(answer, str(folder / "s"))
    assert b" 403 " in await said("GET /n/desk/ HTTP/1.1")
    assert heard == []
    smuggled = b"okGET /other HTTP/1.1\r\n\r\n"
    asked = "PUT /n/desk/a HTTP/1.1"
    got = await said(asked, shown, "Content-Length: 2", more=smuggled)
    assert got.endswith(b"yes")
    assert heard[0].startswith(b"PUT /a HTTP/1.1\r\n")
    assert heard[1] == b"ok"
    assert TOKEN.encode() not in heard[0]
    asks = ("Connection: Upgrade", "Upgrade: websocket")
    got = await said("GET /n/desk/ws HTTP/1.1", shown, *asks, more=b"ping")
    assert got.startswith(b"HTTP/1.1 101 ")
    assert heard[3] == b"ping"
    while gate.connected:
        await asyncio.sleep(0)
    assert gate.left
    server.close()
    behind.close()
