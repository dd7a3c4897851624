"""What the box decides without touching anything: grants, layers, the filter of system calls."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from deepcat.host import operation
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers, lacking
from deepcat.host.box.seccomp import Calls, program
from deepcat.host.box.syscalls import ARCHITECTURES, REFUSED, numbers
from deepcat.host.model_server import boxing
from deepcat.host.model_server.options import Options
from deepcat.host.model_server.serving import Serving

ALL = Layers(True, True, True, 7, True, True, True)
RULES = replace(ALL, user=False, namespaces=False, mounts=False)
# Instructions of BPF: load, jump if equal, return; what a filter answers.
LOAD, EQUAL, ABOVE, BITS, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97


def test_a_grant_is_read_back_as_it_was() -> None:
    grant = Grant(
        "a", ("/r",), ("/w",), ("/s",), ("/dev/x",), True, True, (8,), "/w", 1, 2, 3, 4, 5, 6, 7
    )
    grant = replace(grant, variables={"A": "ü\n"})
    assert Grant.from_dict(json.loads(json.dumps(grant.as_dict()))) == grant


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (ALL, True),
        (RULES, True),
        (replace(ALL, landlock=0, user=False, cgroup=False), True),
        (replace(RULES, landlock=5), False),
        (replace(RULES, landlock=1, user=True), True),
        (replace(RULES, landlock=0, user=True), False),
        (replace(ALL, landlock=0, mounts=False), False),
        (replace(ALL, seccomp=False), False),
        (replace(ALL, no_new_privs=False), False),
        (Layers(), False),
    ],
)
def test_what_suffices_for_a_box(layers: Layers, expected: bool) -> None:
    assert layers.suffices is expected
    assert expected or lacking(layers)


def test_what_a_machine_lacks_is_said_with_how_to_get_it() -> None:
    assert lacking(ALL) == ()
    assert ["seccomp" in each for each in lacking(Layers())] == [True, False, False, False]
    assert ["user namespaces" in each for each in lacking(RULES)] == [True]


def test_an_operation_writes_to_its_own_folder_and_calls_nobody() -> None:
    grant = operation.grant("/p/demo", "/files/module", "/p/o", "/p/x", ("/srv",), connects=False)
    assert (grant.reads, grant.shared) == (("/files/module",), ("/srv",))
    assert grant.writes == ("/p/demo/own", "/p/o", "/p/x")
    assert not grant.connects and not grant.listens
    assert all((grant.memory_bytes, grant.processes, grant.file_bytes, grant.wall_s))
    assert operation.grant("/p", "/m", "/o", "/x", (), connects=True).connects


def test_a_server_listens_and_has_the_variables_of_its_topology(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boxing, "devices", lambda: ("/dev/nvidia0",))
    options = Options(None, (("MODEL_A", "b"),), 1 << 30, devices=False)
    given = {"GITHUB_TOKEN": "x", "PATH": "/evil", "TF_X": "x", "TZ": "UTC", "LD_PRELOAD": "/x"}
    grant = boxing.grant(Path("/p/demo"), Path("/p/demo/servers/a"), options, given)
    assert grant.variables == {"MODEL_A": "b", "TZ": "UTC"}
    assert (grant.listens, grant.connects, grant.writes, grant.devices) == (True, False, (), ())
    assert {"/p/demo/models", "/p/demo/servers/a"} <= set(grant.reads)
    assert grant.memory_bytes == 1 << 30
    cards = boxing.grant(Path("/p"), Path("/p/a"), Options(), {}).devices
    assert cards == ("/dev/nvidia0",)
    monkeypatch.setattr(boxing, "device_files", lambda files, uuids: (*files, *uuids))
    given = {"CUDA_VISIBLE_DEVICES": "0,1", "CUDA_HOME": "/opt/cuda"}
    grant = boxing.grant(Path("/p"), Path("/p/a"), Options(), given, cards=("GPU-a", "MIG-b"))
    assert grant.variables == {"CUDA_VISIBLE_DEVICES": "GPU-a,MIG-b", "CUDA_HOME": "/opt/cuda"}
    assert grant.devices == ("/dev/nvidia0", "GPU-a", "MIG-b")


def test_a_server_s_box_holds_the_python_that_starts_it(tmp_path: Path) -> None:
    prefix = tmp_path / "opt"
    for folder in ("bin", "lib", "share"):
        (prefix / folder).mkdir(parents=True)
    (prefix / "bin/python3.11").touch()
    link = tmp_path / "bin" / "python3"
    link.parent.mkdir()
    link.symlink_to(prefix / "bin/python3.11")
    serving = Serving((str(link),), ("/site",))
    reads = boxing.grant(Path("/p"), Path("/p/a"), Options(), {}, serving).reads
    assert {str(prefix / "bin/python3.11"), str(prefix / "lib"), "/site"} <= set(reads)
    assert not {str(prefix), str(tmp_path), str(prefix / "share"), str(link.parent)} & set(reads)
    folder = tmp_path / "server"
    folder.mkdir()
    options = Options(unboxed=True)
    said = boxing.around(Path("/p"), folder, options, serving, ["--x"], is_elsewhere=True)
    assert str(prefix / "bin/python3.11") in said and str(link) not in said


def judged(machine: str, calls: Calls, number: int, *arguments: int, arch: int = 0) -> int:
    """What the kernel would answer to a call, by the filter."""
    code = program(machine, calls)
    given = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number, arch or ARCHITECTURES[machine], 0, *given)
    at, held = 0, 0
    while True:
        what, yes, no, value = struct.unpack_from("=HBBI", code, at * 8)
        at += 1
        if what == RETURN:
            return int(value)
        if what == LOAD:
            (held,) = struct.unpack_from("=I", data, value)
        elif what == AND:
            held &= value
        else:
            holds = {EQUAL: held == value, ABOVE: held >= value, BITS: bool(held & value)}[what]
            at += yes if holds else no


SERVER = Calls(connects=False)
ALONE = Calls(sockets=False, connects=False)
OWN = Calls(connects=False, own_network=True)
FEW = Calls(connects=False, ports=True)


@pytest.mark.parametrize("machine", list(ARCHITECTURES))
@pytest.mark.parametrize(
    ("calls", "name", "arguments", "expected"),
    [
        (OWN, "ptrace", (), REFUSE | EPERM),
        (OWN, "clone", (0x00010F00,), ALLOW),
        (OWN, "clone", (0x10000000,), REFUSE | EPERM),
        (OWN, "clone3", (), REFUSE | ENOSYS),
        (OWN, "ioctl", (0, 0x5412), REFUSE | EPERM),
        (OWN, "ioctl", (0, 0x5401), ALLOW),
        (OWN, "connect", (), ALLOW),
        (OWN, "socket", (2, 2), ALLOW),
        (OWN, "socket", (16, 3), REFUSE | EAFNOSUPPORT),
        (ALONE, "socket", (2, 1), REFUSE | EAFNOSUPPORT),
        (ALONE, "socket", (1, 1), ALLOW),
        (ALONE, "connect", (), REFUSE | EPERM),
        (SERVER, "connect", (), REFUSE | EPERM),
        (SERVER, "socket", (2, 1), ALLOW),
        (SERVER, "socket", (10, 0x80801, 6), ALLOW),
        (SERVER, "socket", (2, 2), REFUSE | EPERM),
        (SERVER, "socket", (2, 0x80802), REFUSE | EPERM),
        (SERVER, "socket", (2, 1, 132), REFUSE | EPERM),
        (SERVER, "socket", (2, 1, 262), REFUSE | EPERM),
        (SERVER, "socket", (2, 3), REFUSE | EPERM),
        (SERVER, "socket", (1, 5), ALLOW),
        (SERVER, "socketpair", (1, 2), REFUSE | EPERM),
        (SERVER, "socketpair", (1, 1), ALLOW),
        (SERVER, "sendto", (0, 0, 0, 0x20000000), REFUSE | EPERM),
        (SERVER, "sendto", (0, 0, 0, 0x4000), ALLOW),
        (SERVER, "sendmsg", (0, 0, 0x20000000), REFUSE | EPERM),
        (FEW, "connect", (), ALLOW),
        (FEW, "socket", (2, 1), ALLOW),
        (FEW, "socket", (1, 1), REFUSE | EAFNOSUPPORT),
        (FEW, "socket", (2, 2), REFUSE | EPERM),
        (FEW, "socket", (2, 1, 262), REFUSE | EPERM),
        (FEW, "socketpair", (1, 1), ALLOW),
        (FEW, "sendto", (0, 0, 0, 0x20000000), REFUSE | EPERM),
    ],
)
def test_the_filter_judges_by_arguments(
    machine: str, calls: Calls, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert judged(machine, calls, numbers(machine)[name], *arguments) == expected


@pytest.mark.parametrize("machine", list(ARCHITECTURES))
def test_the_filter_holds_for_one_processor_s_numbers_alone(machine: str) -> None:
    of = numbers(machine)
    assert len(set(of.values())) == len(of), "each call has a number of its own"
    assert {judged(machine, OWN, of[name]) for name in REFUSED & of.keys()} == {REFUSE | EPERM}
    (other,) = set(ARCHITECTURES.values()) - {ARCHITECTURES[machine]}
    assert judged(machine, OWN, 0, arch=other) == KILL
    assert judged(machine, OWN, 0x40000000) == KILL, "nor for those of x32"
    with pytest.raises(KeyError):
        program("mips", OWN)
