"""A boxed program has what its grant names and nothing else, by each way a machine can give a box.

Each row runs as root where the tests are, as an ordinary user, with namespaces alone and with
Landlock alone; the ordinary user runs the system's Python, which it can read.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import until

from deepcat.host.box.argv import boxed, write
from deepcat.host.box.grant import Grant
from deepcat.host.box.landlock import OF_PORTS
from deepcat.host.box.layers import Layers, available
from deepcat.host.box.run import Finished, run

pytestmark = pytest.mark.starts("boxed programs")

WAYS = ("all", "namespaces", "landlock")


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder that any user may pass, as an own user in the machine's own root must."""
    with tempfile.TemporaryDirectory(prefix="deepcat-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def layers(way: str) -> Layers:
    """What a machine gives that has all layers, or not all."""
    found = available()
    if way == "namespaces":
        found = replace(found, landlock=0)
    if way == "landlock":
        found = replace(found, namespaces=False, mounts=False)
    if not found.suffices:
        pytest.skip(f"this machine gives no box by {way}")
    return found


def sh(text: str, grant: Grant, way: str = "all", **more: int) -> Finished:
    """A line of the shell in a box."""
    return run(["/bin/sh", "-c", text], grant, layers=layers(way), **more)


@pytest.mark.parametrize("way", WAYS)
def test_a_program_runs_with_what_it_is_granted(way: str, ground: Path) -> None:
    (ground / "in").mkdir()
    (ground / "in" / "text").write_text("granted")
    (ground / "out").mkdir()
    grant = Grant(
        "granted",
        reads=(str(ground / "in"),),
        writes=(str(ground / "out"),),
        variables={"GIVEN": "yes"},
    )
    line = f'cat {ground}/in/text; echo " $GIVEN" > {ground}/out/said; cat; exit 3'
    done = run(["/bin/sh", "-c", line], grant, stdin=b" fed", layers=layers(way))
    assert (done.rc, done.out, done.err, done.ended) == (3, b"granted fed", b"", "")
    assert (ground / "out" / "said").read_text() == " yes\n"


OUT_OF_REACH = {
    "a file beside": "cat {beside}",
    "a folder beside": "ls {folder}/hidden",
    "the shadow file": "cat /etc/shadow",
    "the home of root": "ls /root",
    "a file of the machine": "echo no > {folder}/made",
    "a granted file, to write": "echo no > {granted}",
    "a granted file, to delete": "rm {granted}",
    "a program of the system, to write": "echo no > /usr/bin/env",
    "another process": "kill -0 {pid}",
    "another process's variables": "cat /proc/{pid}/environ",
    "another process's files": "ls /proc/{pid}/root/",
    "the process outside": "cat /proc/$PPID/environ",
    "a new namespace": "unshare --user true",
    "a mount": "mount -t tmpfs none /tmp",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", OUT_OF_REACH)
def test_what_was_not_granted_is_out_of_reach(way: str, what: str, ground: Path) -> None:
    (ground / "hidden").mkdir()
    for name in ("beside", "granted"):
        (ground / name).write_text("canary")
    line = OUT_OF_REACH[what].format(
        beside=ground / "beside", granted=ground / "granted", folder=ground, pid=os.getpid()
    )
    before = sorted(ground.rglob("*"))
    done = sh(f"{line} && echo reached", Grant("reach", reads=(str(ground / "granted"),)), way)
    assert done.rc != 0 and not done.ended, done
    assert b"reached" not in done.out and b"canary" not in done.out
    assert sorted(ground.rglob("*")) == before
    assert (ground / "granted").read_text() == "canary"


@pytest.mark.parametrize("way", WAYS)
def test_no_variable_of_who_began_it_comes_along(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary")
    done = sh("env; cat /proc/[0-9]*/environ", Grant("bare", variables={"A": "b"}), way)
    names = {line.partition(b"=")[0] for line in done.out.replace(b"\0", b"\n").splitlines()}
    assert b"canary" not in done.out
    assert names == {b"A", b"HOME", b"LANG", b"PATH", b"PWD", b"TMPDIR"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("bounds", "line", "ended"),
    [
        ({"wall_s": 0.5}, "sleep 100", "time"),
        ({"wall_s": 0.5}, "sleep 100 & sleep 100 & wait", "time"),
        ({"cpu_s": 1}, "while :; do :; done", "time"),
        ({}, "yes", "output"),
        ({}, "yes >&2", "output"),
    ],
)
def test_a_program_is_ended_with_all_that_it_began(
    way: str, bounds: dict[str, float], line: str, ended: str
) -> None:
    done = sh(line, Grant("bounded", **bounds), way, most_output=1 << 16)
    assert done.ended == ended
    assert done.rc != 0
    assert len(done.out) <= 1 << 16


@pytest.mark.parametrize("way", WAYS)
def test_what_a_program_leaves_behind_ends_with_it(way: str) -> None:
    done = sh("sleep 4321 </dev/null >/dev/null 2>&1 & echo $!", Grant("left"), way)
    assert done.rc == 0
    assert "sleep\0" + "4321" not in _all_commands()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("bounds", "line"),
    [
        ({"processes": 12}, "for i in $(seq 40); do sleep 60 & done; wait"),
        ({"file_bytes": 1 << 16}, "head -c 1000000 /dev/zero > $TMPDIR/big"),
        ({"open_files": 8}, 'for i in 3 4 5 6 7 8 9; do eval "exec $i</dev/null"; done'),
    ],
)
def test_bounds_hold(way: str, bounds: dict[str, int], line: str) -> None:
    done = sh(line, Grant("held", **bounds), way)
    assert done.rc != 0 and done.err


def _all_commands() -> str:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text())
        except OSError:
            continue
    return "\n".join(found)


def test_nothing_runs_without_a_box_unless_that_is_said(ground: Path) -> None:
    file = ground / "box"
    given = Grant("none", folder=str(ground), variables={"GIVEN": "yes"})
    write(file, given, Layers(landlock=1), ["/bin/sh", "-c", "echo $GIVEN $OWNER; env | wc -l"])

    def entered(*options: str) -> subprocess.CompletedProcess[str]:
        variables = {"OWNER": "ada", "GITHUB_TOKEN": "C4n4ry"}
        argv = boxed(*options, file)
        return subprocess.run(argv, env=variables, capture_output=True, text=True, check=False)

    refused = entered()
    assert (refused.returncode, refused.stdout) == (125, "")
    assert refused.stderr.startswith("error [run/box]: no box could be made, so nothing was run: ")
    assert "seccomp" in refused.stderr
    allowed = entered("--unboxed", "--keep=OWNER")
    # Its own variables, PATH, LANG, HOME, TMPDIR, the shell's PWD, and what its owner keeps.
    assert (allowed.returncode, allowed.stdout) == (0, "yes ada\n7\n")


def test_libraries_that_its_starter_names_can_be_read_and_no_home(ground: Path) -> None:
    for name in ("lib", "home/lib", "own"):
        (ground / name).mkdir(parents=True)
        (ground / name / "file").write_text(f"{name}\n")
    named = [ground / name for name in ("lib", "home/lib", "home", "own", "none")]
    file = ground / "box"
    text = f"cat {' '.join(str(ground / each / 'file') for each in ('lib', 'home/lib'))}"
    line = f'{text}; ls {ground}/home/secret {ground}; echo "$LD_LIBRARY_PATH"'
    (ground / "home" / "secret").write_text("")
    own = str(ground / "own")
    grant = Grant("libraries", writes=(own,), folder=own)
    write(file, grant, layers("all"), ["/bin/sh", "-c", line])
    variables = {
        "HOME": str(ground / "home"),
        "DEEPCAT_GIVEN_LD_LIBRARY_PATH": ":".join(map(str, [*named, "", "relative"])),
    }
    done = subprocess.run(boxed(file), env=variables, capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    assert said[:2] == ["lib", "home/lib"], done.stderr
    assert f"cannot access '{ground}/home/secret'" in done.stderr
    assert said[-1] == variables["DEEPCAT_GIVEN_LD_LIBRARY_PATH"]


def test_a_layer_that_was_promised_and_fails_ends_it() -> None:
    promised = replace(available(), landlock=99)
    done = run(["/bin/true"], Grant("promised", reads=("/nowhere",)), layers=promised)
    assert (done.rc, done.ended, done.out) == (125, "box", b"")
    assert "/nowhere" in done.why


def test_a_program_that_gets_no_process_is_said_in_words() -> None:
    done = run(["/bin/true"], Grant("alone", processes=1))
    assert (done.rc, done.ended) == (125, "box")
    assert "gets no process" in done.why and "it may have 1 of them" in done.why


@pytest.mark.parametrize("way", WAYS)
def test_a_signal_reaches_the_program_whenever_it_comes(way: str, ground: Path) -> None:
    """Also while the box is still being made: else what is stopped soon would be killed late."""
    file, line = ground / "box", "trap 'echo heard; exit 7' TERM; sleep 300 & wait"
    write(file, Grant("signals"), layers(way), ["/bin/sh", "-c", line])
    with subprocess.Popen(boxed(file), stdout=subprocess.PIPE, start_new_session=True) as process:
        until(
            lambda: Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(),
            pause_s=0.001,
        )
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(120) in (7, 128 + signal.SIGTERM)


CALL = """
import socket, sys
def said(family, kind, address):
    try:
        with socket.socket(family, kind) as caller:
            caller.connect(address)
            return "yes"
    except OSError as error:
        return error.errno
tcp, port, other = socket.SOCK_STREAM, int(sys.argv[1]), int(sys.argv[2])
here, plain = "127.0.0.1", socket.AF_INET
print(said(plain, tcp, (here, port)), said(plain, tcp, (here, other)))
print(said(plain, socket.SOCK_DGRAM, (here, port)), said(socket.AF_UNIX, tcp, "/tmp/s"))
"""


@pytest.mark.parametrize("way", ["all", "landlock"])
def test_a_program_calls_the_ports_that_it_is_granted_and_no_other(way: str) -> None:
    found = layers(way)
    if found.landlock < OF_PORTS:
        pytest.skip("this machine's Landlock keeps no ports")
    free = ("127.0.0.1", 0)
    with socket.create_server(free) as one, socket.create_server(free) as no:
        ports = [each.getsockname()[1] for each in (one, no)]
        grant = Grant("calls", calls=(ports[0],), listens=True)
        words = ["/usr/bin/python3", "-I", "-S", "-c", CALL, *map(str, ports)]
        done = run(words, grant, layers=found)
    assert done.out.split() == [b"yes", b"13", b"1", b"97"], done


def test_where_ports_are_not_kept_a_program_that_shall_call_one_does_not_run() -> None:
    found = replace(layers("namespaces"), landlock=0)
    done = run(["/bin/true"], Grant("calls", calls=(80,), listens=True), layers=found)
    assert "cannot be bounded" in done.why
