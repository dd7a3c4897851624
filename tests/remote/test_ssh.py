"""Another machine by ssh: a real sshd answers, is pinned, refuses, and is cut off."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from free_ports import free_ports
from sshd import Sshd, make_key

from deepcat.errors import DeepcatError
from deepcat.remote import ssh
from deepcat.remote.address import at_port, target
from deepcat.remote.config import config
from deepcat.remote.keys import scan
from deepcat.remote.link import Link
from deepcat.remote.private_key import private_key
from deepcat.remote.ways import ways

# Whichever test of a worker is the last one, the server is ended after it.
pytestmark = pytest.mark.starts("sshd")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    (port,) = free_ports(1)
    found = Sshd(tmp_path_factory.mktemp("sshd"), port)
    found.start()
    yield found
    found.stop()


@pytest.mark.system("sshd")
def test_a_script_runs_there_and_is_fed(sshd: Sshd) -> None:
    done = ssh.run(sshd.link, 'cat; echo "it\'s $((1+1))"; echo bad >&2; exit 3', b"in\n")
    assert (done.rc, done.out, done.err) == (3, b"in\nit's 2\n", "bad\n")
    with Path(__file__).open("rb") as source:
        done = ssh.stream(sshd.link, "cat", source, 4, 20)
    assert done.out == Path(__file__).read_bytes()[4:]
    here = ssh.run(None, "echo here; exit 255")
    assert (here.rc, here.out) == (255, b"here\n")


@pytest.mark.system("sshd")
def test_only_the_pinned_key_is_that_machine(sshd: Sshd, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    kind, key = (tmp_path / "other.pub").read_text().split()[:2]
    changed = replace(sshd.link, known_hosts=(f"[127.0.0.1]:{sshd.port} {kind} {key}",))
    for link, words in (
        (changed, "another key than the one that is pinned"),
        (replace(sshd.link, known_hosts=()), "no key of `127.0.0.1` is pinned"),
    ):
        with pytest.raises(DeepcatError, match=words) as caught:
            ssh.run(link, "true")
        assert caught.value.code == "remote/host-key"
    absent, other = tmp_path / "absent", tmp_path / "other"
    for path, words in ((absent, f"`{absent}`, .* is not there"), (other, "lets nobody in")):
        with pytest.raises(DeepcatError, match=words) as caught:
            ssh.run(replace(sshd.link, identity=str(path)), "true")
        assert caught.value.code == "remote/denied"


@pytest.mark.system("sshd")
def test_the_key_comes_from_where_the_file_says(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, root = sshd.folder / "id", sshd.folder
    monkeypatch.setenv("KEY", key.read_text().strip())
    monkeypatch.setenv("WORDS", "no key")
    given = private_key("env:KEY", root)
    assert given == private_key("env:KEY", root)
    assert Path(given).stat().st_mode & 0o777 == 0o600
    assert private_key(f"file:{key}", root) == private_key("id", root) == str(key)
    for path in (given, str(key)):
        assert ssh.run(replace(sshd.link, identity=path), "echo in").out == b"in\n"
    with pytest.raises(DeepcatError) as caught:
        ssh.run(replace(sshd.link, identity=private_key("env:WORDS", root)), "true")
    assert caught.value.code == "remote/denied"
    with pytest.raises(DeepcatError) as caught:
        private_key("env:NO_SUCH_KEY", root)
    assert caught.value.code == "secret/missing"


@pytest.mark.starts("Python")
def test_a_key_is_kept_no_longer_than_who_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "ours")
    code = (
        "from pathlib import Path; from deepcat.remote.private_key import private_key\n"
        "path = private_key('env:KEY', Path()); assert Path(path).is_file(); print(path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "KEY": "k"}, check=True, text=True,
        capture_output=True,
    )  # fmt: skip
    assert not Path(done.stdout.strip()).exists()
    left, ours = ssh.own_folder() / "key-left", Path(private_key("env:KEY", tmp_path))
    left.touch()
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "KEY": "k"}, check=True)
    assert not left.exists(), "whose process was killed"
    assert ours.read_text() == "ours\n", "nobody takes away what somebody needs"


@pytest.mark.system("sshd")
def test_without_a_key_the_agents_count(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        socket_file = f"{folder}/agent"
        with subprocess.Popen(["ssh-agent", "-D", "-a", socket_file]) as agent:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket_file)
            link = replace(sshd.link, identity=private_key("", tmp_path))
            try:
                while not Path(socket_file).exists():
                    assert agent.poll() is None
                with pytest.raises(DeepcatError) as caught:
                    ssh.run(link, "true")
                assert caught.value.code == "remote/denied"
                subprocess.run(["ssh-add", "-q", str(sshd.folder / "id")], check=True)
                assert ssh.run(link, "echo in").out == b"in\n"
            finally:
                agent.kill()


@pytest.mark.system("sshd")
def test_a_port_here_leads_to_one_there_until_it_is_let_go(sshd: Sshd) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    there = server.getsockname()[1]

    def greet() -> None:
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"hello")

    # `_listens` looks whether the way is open, which is a connection, too.
    for _ in range(2):
        threading.Thread(target=greet, daemon=True).start()
    with ways(sshd.link, {"rest": f"http://127.0.0.1:{there}/v1"}) as found:
        host, port = target(found["rest"])
        assert found["rest"].endswith("/v1")
        assert (host, port) != ("127.0.0.1", there)
        with socket.create_connection((host, port), timeout=120) as peer:
            assert peer.recv(10) == b"hello"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port))
    server.close()
    with pytest.raises(DeepcatError), ways(sshd.link, {"rest": "http://$(id)"}):
        pass


@pytest.mark.system("sshd")
def test_what_is_not_reached_says_so(sshd: Sshd, free_port: int) -> None:
    away = replace(sshd.link, port=free_port)
    for ask in (lambda: ssh.run(away, "true"), lambda: ssh.forward(away, [("a", 1)]).__enter__()):
        with pytest.raises(DeepcatError, match="is not reached by ssh") as caught:
            ask()
        assert caught.value.code == "remote/unreachable"
    with pytest.raises(DeepcatError, match="gave no answer within 0 s"):
        ssh.run(None, "read x < /dev/zero", timeout_s=0.1)


@pytest.mark.system("sshd")
def test_a_shell_begins_in_its_folder(sshd: Sshd, tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    words = [word.replace("-t", "-T") if word == "-t" else word for word in
             ssh.shell(sshd.link, str(folder))]  # fmt: skip
    done = subprocess.run(words, input=b"pwd\n", capture_output=True, check=False)
    assert str(folder).encode() in done.stdout


@pytest.mark.parametrize(
    "link",
    [
        Link("-oProxyCommand=id"),
        Link("a b"),
        Link("a", user="-l"),
        Link("a", user="x;id"),
        Link("a", port=70_000),
        Link("a", jump=("b", "-oX")),
        Link("a", jump=("ops@a:23",)),
        Link("a", identity='x"\nProxyCommand id'),
    ],
)
def test_what_could_be_an_option_or_a_line_is_refused(link: Link) -> None:
    with pytest.raises(DeepcatError) as caught:
        config(link, Path("/k"), Path("/f"))
    assert caught.value.code == "remote/link"


def test_a_link_says_all_that_ssh_goes_by() -> None:
    link = Link("far", 2222, "ada", "/keys/id", ("far ssh-ed25519 AAAA",), ("eve@gate:23",))
    said = config(link, Path("/k"), Path("/f"))
    assert said.startswith("Host far\n  Port 2222\n  User ada\n  ProxyJump eve@gate:23\nHost *\n")
    for line in ("BatchMode yes", 'UserKnownHostsFile "/k"', "IdentitiesOnly yes",
                 "StrictHostKeyChecking yes", "ServerAliveInterval 2"):  # fmt: skip
        assert f"  {line}\n" in said
    assert "ProxyJump" not in config(Link("far"), Path("/k"), Path("/f"))


@pytest.mark.parametrize(
    ("address", "found", "moved"),
    [
        ("http://a.b:80/x", ("a.b", 80), "http://h:1/x"),
        ("https://a", ("a", 443), "https://h:1"),
        ("[::1]:9", ("::1", 9), "h:1"),
        ("node_1:8500", ("node_1", 8500), "h:1"),
        ("http://a:8/lab?token=x#y", ("a", 8), "http://h:1/lab?token=x#y"),
    ],
)
def test_an_address_is_taken_apart(address: str, found: object, moved: str) -> None:
    assert target(address) == found
    assert at_port(address, "h", 1) == moved
    with pytest.raises(ValueError, match="is no address"):
        target(f"{address} x")


@pytest.mark.starts("a program")
def test_a_folder_of_somebody_elses_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"deepcat-ssh-{os.getuid()}"
    folder.mkdir(mode=0o755)
    with pytest.raises(DeepcatError, match="not a folder of yours alone"):
        ssh.base(Link("far"))
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(DeepcatError, match="not a folder of yours alone"):
        ssh.base(Link("far"))
    folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    assert ssh.base(Link("far"))[:2] == ["ssh", "-F"]


@pytest.mark.system("sshd")
def test_a_machine_behind_another_is_reached_by_its_pinned_key(
    sshd: Sshd, tmp_path: Path, free_port: int
) -> None:
    inner = Sshd(tmp_path / "inner", free_port)
    inner.start()
    try:
        gate = f"{sshd.link.user}@localhost:{sshd.port}"
        (inner.folder / "authorized_keys").write_bytes((sshd.folder / "id.pub").read_bytes())
        link = replace(sshd.link, port=inner.port, jump=(gate,), known_hosts=())
        found = scan([link])
        assert [key.host for key in found] == [f"[localhost]:{sshd.port}", inner.known.split()[0]]
        assert found[-1].line == inner.known
        assert all(key.fingerprint.startswith("SHA256:") for key in found)
        pinned = replace(link, known_hosts=tuple(key.line for key in found))
        assert ssh.run(pinned, "echo there").out == b"there\n"
        with pytest.raises(DeepcatError) as caught:
            ssh.run(replace(link, known_hosts=(inner.known,)), "true")
        assert caught.value.message == "no key of `localhost` is pinned"
        assert caught.value.code == "remote/host-key", "who stands on the way is pinned, too"
    finally:
        inner.stop()
