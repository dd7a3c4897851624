"""What somebody who is root on a host, or another user there, tries: answers, folders, queues."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deepcat.clouds.kind import Found, Listing
from deepcat.clouds.kinds.slurm.asked import _WIDTHS as WIDTHS
from deepcat.clouds.kinds.slurm.asked import rows, seconds, wait
from deepcat.clouds.kinds.slurm.probe import shapes
from deepcat.clouds.kinds.slurm.schema import SCHEMA as SLURM
from deepcat.clouds.kinds.slurm.there import job
from deepcat.clouds.kinds.ssh.probe import shape
from deepcat.clouds.kinds.ssh.schema import SCHEMA as SSH
from deepcat.errors import DeepcatError
from deepcat.loop.observation import Observation
from deepcat.plan.values import State, Status
from deepcat.remote import ssh, steps, told
from deepcat.remote.config import config
from deepcat.remote.ground.facts import script
from deepcat.remote.ground.uses import sweeping
from deepcat.remote.link import Link
from deepcat.remote.steps import Fault

FACTS: dict[str, Any] = {"deepcat_begun": True}
OF_A_STEP: dict[str, Any] = {"changed": True, "ansible_facts": FACTS, "deepcat": {"left": False}}
FAILURE = {"kind": "cloud", "code": "run/host", "message": "it is odd", "hint": "mend it"}
THERE: dict[str, Any] = {
    "name": "demo",
    "owner": {"name": "demo"},
    "up": ["demo~api~1"],
    "loose": [],
    "altered": ["module/a.txt"],
    "listens": {"demo~api~1": {"address": "10.0.0.7", "rest": 8501, "grpc": 8500}},
    "stopped": {"demo~desk~1~notebook": "nobody used it"},
}
LISTENS = THERE["listens"]["demo~api~1"]


@pytest.mark.parametrize(
    "more",
    [
        {"add_host": {"host_name": "own", "host_vars": {"ansible_connection": "local"}}},
        {"add_group": "all"},
        {"_ansible_delegated_vars": {"ansible_host": "10.0.0.9"}},
        {"_ansible_no_log": True},
        {"_ansible_notify": ["anything"]},
        {"ansible_facts": {**FACTS, "deepcat_files": "/root"}},
        {"ansible_facts": {**FACTS, "deepcat_secrets": {"A": "B"}}},
        {"ansible_facts": {**FACTS, "deepcat_place": "/etc"}},
        {"ansible_facts": {**FACTS, "ansible_connection": "local"}},
        {"ansible_facts": {**FACTS, "ansible_python_interpreter": "sh"}},
        {"deepcat_failure": "none"},
        {"skipped": True, "exception": "x", "diff": {}, "results": [{"add_host": {}}]},
        {"msg": ["no", "text"]},
    ],
)  # fmt: skip
def test_a_step_s_result_says_nothing_else(more: dict[str, Any]) -> None:
    assert told.result({**OF_A_STEP, **more}) == OF_A_STEP


def test_a_failure_is_told_in_words() -> None:
    failed = {"failed": True, "msg": "it is odd", "deepcat_failure": FAILURE}
    assert told.result(failed) == failed
    long = told.result({"deepcat_failure": {**FAILURE, "message": "a" * 1_000_000}})
    assert len(long["deepcat_failure"]["message"]) == 4096


def asked(call: str, said: str) -> Any:
    question = steps.question(["python3"], "~/.deepcat/agent/0", call, {})
    return steps.answer(question, 0, f"Welcome!\n{question.mark}{said}\n", "")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("step", "not JSON"),
        ("step", "[" * 100_000),
        ("step", "9" * 5_000),
        ("step", "[]"),
        ("step", json.dumps({"deepcat_failure": {**FAILURE, "kind": "none"}})),
        ("step", json.dumps({"deepcat_failure": {**FAILURE, "code": 7}})),
        ("files", json.dumps({"folder": 1, "place": "/a", "enter": "/b"})),
        ("files", "null"),
        ("facts", json.dumps({"lacks": [{}]})),
        ("facts", '"nothing"'),
        ("listing", "{}"),
        ("listing", json.dumps([{"name": "demo"}])),
        ("listing", json.dumps([THERE] * 10_001)),
        *(
            ("listing", json.dumps([{**THERE, **odd}]))
            for odd in (
                {"name": "../../etc"},
                {"name": "-oProxyCommand=id"},
                {"name": "demo\x1b[2J"},
                {"owner": "demo"},
                {"up": "demo~api~1"},
                {"up": ["--all"]},
                {"up": [["demo~api~1"]]},
                {"loose": None},
                {"altered": [7]},
                {"altered": ["a" * 5_000]},
                {"listens": {"demo~api~1": "10.0.0.7"}},
                {"listens": {"demo~api~1": {**LISTENS, "address": "10.0.0.7/../x@y"}}},
                {"listens": {"demo~api~1": {**LISTENS, "address": "-oProxyCommand"}}},
                {"listens": {"demo~api~1": {**LISTENS, "rest": "8501"}}},
                {"listens": {"demo~api~1": {**LISTENS, "rest": True}}},
                {"listens": {"demo~api~1": {**LISTENS, "grpc": 65_536}}},
                {"listens": {"\n": LISTENS}},
                {"stopped": ["demo~desk~1~notebook"]},
                {"stopped": {"demo~desk~1~notebook": 7}},
                {"stopped": {"demo~desk~1~notebook": "a" * 5_000}},
                {"stopped": {"\x1b[2J": ""}},
            )
        ),
    ],
)
def test_an_answer_of_another_form_is_none(call: str, said: str) -> None:
    fault = asked(call, said)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.code) == ("cloud", "run/host")


def test_what_a_listing_may_say() -> None:
    assert asked("listing", json.dumps([{**THERE, "more": "of it"}])) == [THERE]
    assert asked("facts", json.dumps({"lacks": ["landlock"]})) == {"lacks": ["landlock"]}


def begun_by_us() -> list[str]:
    """What bears this test's mark among its variables, and has not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_ours = f"DEEPCAT_MARK={os.getpid()}".encode() in (path / "environ").read_bytes()
            if is_ours and path.name != str(os.getpid()):
                found.append((path / "cmdline").read_text())
    return found


@pytest.mark.starts("/bin/sh")
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("cat /dev/zero", "remote/answer"),
        ("cat /dev/zero >&2", "remote/answer"),
        ("exec >&- 2>&-; sleep 900", "remote/unreachable"),
        ("sleep 900 & wait", "remote/unreachable"),
        ("trap '' TERM; while :; do :; done", "remote/unreachable"),
    ],
)
def test_neither_too_much_nor_too_long_is_listened_to(said: str, code: str) -> None:
    began = time.monotonic()
    with pytest.raises(DeepcatError) as caught:
        marked = f"export DEEPCAT_MARK={os.getpid()}; {said}"
        ssh.run(None, marked, timeout_s=120 if code == "remote/answer" else 1)
    assert caught.value.code == code
    assert time.monotonic() - began < 120
    while left := begun_by_us():
        assert time.monotonic() - began < 120, f"it would go on for ever, and fill the disk: {left}"


@pytest.mark.starts("/bin/sh")
def test_a_line_without_an_end_comes_in_parts() -> None:
    lines = ssh.lines(None, "cat /dev/zero")
    assert len(next(lines)) == 65_536


def node(**odd: str) -> str:
    """One line of `sinfo`."""
    usual = {"Partition": "gpu", "StateLong": "idle", "CPUsState": "0/8/0/8", "Memory": "16000"}
    told = {**dict.fromkeys(WIDTHS, "0"), **usual, "Gres": "(null)", "Time": "1:00:00", **odd}
    return "".join(told[name].ljust(width) for name, width in WIDTHS.items())


@pytest.mark.parametrize("gres", ["gpu:a:999999999", ",".join(["gpu:a:64"] * 40)])
def test_a_cluster_has_no_endless_number_of_gpus(gres: str) -> None:
    found = shapes(rows(node(Gres=gres)), {}, {}, None)
    assert (len(found), max(each.accelerators or 0 for each in found)) == (65, 64)


@pytest.mark.parametrize(
    "odd",
    [
        {"CPUsState": "0/8/0/²"},
        {"CPUsState": f"0/8/0/{'9' * 20}"},
        {"Memory": "²"},
        {"Partition": "-p"},
        {"Partition": "gpu\x1b[2J"},
        {"Partition": "gpu;id"},
        {"Partition": "gpu --wrap=id"},
        {"Partition": ""},
    ],
)
def test_a_node_that_cannot_be_is_passed_over(odd: dict[str, str]) -> None:
    assert rows(node(**odd)) == []


@pytest.mark.parametrize(
    ("said", "now"),
    [
        ("to start at 2026-99-99T00:00:00", "2026-11-28T00:00:00"),
        ("to start at 2026-11-28T00:00:00", "now"),
        ("to start at 2026-11-28T00:00:00", "2026-11-28T00:00:00+00:00"),
        ("to start at ²026-11-28T00:00:00", "2026-11-28T00:00:00"),
    ],
)
def test_a_start_that_cannot_be_is_none(said: str, now: str) -> None:
    assert wait(said, now) is None


@pytest.mark.parametrize("limit", ["²", "9" * 5_000, "1:1:1:1", "²-1", "-"])
def test_a_time_limit_that_cannot_be_is_none(limit: str) -> None:
    assert seconds(limit) is None


@pytest.mark.parametrize(
    "said",
    [
        "cpus ²", f"cpus {'9' * 5_000}", f"memory {'9' * 5_000} kB", "gpu x, ², 1",
        f"list GPU {'9' * 5_000}: A (UUID: GPU-1)", "cpus\n" * 100_000, "cpus \x1b[2J",
    ],
)  # fmt: skip
def test_a_host_that_says_odd_numbers_has_none(said: str) -> None:
    found, _ = shape("one", said)
    assert (found.cpus, found.memory_MiB, found.accelerators) == (1.0, 0, 0)


@pytest.mark.starts("a server")
def test_a_port_that_somebody_else_took_is_not_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert job._listeners(port) == {os.getuid()}
        assert job._listeners(port) <= job._users(os.getpid())
    assert not job._listeners(port) <= job._users(os.getpid())


FAR = State("demo", "m", "1.0.0", "", "", {}, "bare", "one", Status.RUNNING, "", "")


@pytest.mark.parametrize(
    ("cloud", "shape", "is_believed"),
    [("bare", "one", True), ("bare", "two", False), ("other", "one", False), ("other", "", False)],
)
def test_a_host_speaks_for_itself_alone(cloud: str, shape: str, is_believed: bool) -> None:
    listens = {"demo~api~1": {"address": "127.0.0.1", "rest": 22, "grpc": 5432}}
    state = replace(FAR, resources={"programs": ["demo~api~1"]}, endpoints={"rest": "http://h:1"})
    there = Found("demo", {"name": "demo"}, cloud=cloud, shape=shape, listens=listens)
    seen = Observation((Listing((there,)),))
    assert (seen.there(state) is there) == is_believed
    where = seen.where_now(state)["rest"]
    assert where == ("http://127.0.0.1:22" if is_believed else "http://h:1")


SECTIONS: dict[str, dict[str, Any]] = {
    "ssh": {"hosts": {"one": None}, "known_hosts": ["one ssh-ed25519 AAAA"]},
    "slurm": {"login": {"address": "one", "known_hosts": ["one ssh-ed25519 AAAA"]}},
}


@pytest.mark.parametrize("folder", ["/srv/a b", "~/.deepcat", "~/x/", "/a/..b/…"])
@pytest.mark.parametrize(("kind", "schema"), [("ssh", SSH), ("slurm", SLURM)])
def test_what_a_cloud_s_file_may_say(kind: str, schema: Any, folder: str) -> None:
    assert Draft202012Validator(schema).is_valid({**SECTIONS[kind], "folder": folder})


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        *(
            (kind, {"folder": folder})
            for kind in SECTIONS
            for folder in (
                "//",
                "/",
                "~/..",
                "~/../eve",
                "/a/./b",
                "/a\nb",
                "/a\n",
                "x",
                "/\x1b[2J",
            )
        ),
        *(
            ("ssh", {"hosts": {"one": {"address": address}}})
            for address in ("-oProxyCommand=id", "a b", "a\nProxyCommand id", "a\n", "{{ x }}", "*")
        ),
        *(
            ("ssh", {"jump": [jump]})
            for jump in ("-oProxyCommand=id", "a,b", "a@b@c", "a b", "a\n", "a:1/x", "$(id)")
        ),
        ("ssh", {"known_hosts": ["one ssh-ed25519 AAAA\n@cert-authority * ssh-ed25519 B"]}),
        ("ssh", {"known_hosts": ["one ssh-ed25519 AAAA\n"]}),
        ("ssh", {"image": "--privileged@sha256:" + "0" * 64}),
        ("ssh", {"user": "-oProxyCommand"}),
        ("ssh", {"hosts": {"one": {"ansible_ssh_args": "-oProxyCommand=id"}}}),
        ("slurm", {"account": "--wrap=id"}),
        ("slurm", {"qos": "a b"}),
        ("slurm", {"reservation": "$(id)"}),
        ("slurm", {"partition": ["gpu;id"]}),
    ],
)
def test_a_cloud_s_file_is_refused(kind: str, odd: dict[str, Any]) -> None:
    schema = {"ssh": SSH, "slurm": SLURM}[kind]
    assert not Draft202012Validator(schema).is_valid({**SECTIONS[kind], **odd})


@pytest.mark.parametrize(
    "odd",
    [
        {"host": "one\nProxyCommand id"}, {"host": "*"}, {"host": "-oProxyCommand=id"},
        {"user": "a\nProxyCommand id"}, {"user": "-o"}, {"user": "a\n"},
        {"jump": ("a\nProxyCommand id",)}, {"jump": ("-J",)}, {"jump": ("a,b",)},
        {"identity": 'a"\nProxyCommand id'}, {"identity": "a\n"}, {"identity": "${HOME}/x"},
        {"port": 65_536}, {"port": -1},
    ],
)  # fmt: skip
def test_a_link_that_could_be_an_option_is_none(odd: dict[str, Any]) -> None:
    with pytest.raises(DeepcatError) as caught:
        config(replace(Link("one"), **odd), Path("/k"), Path("/f"))
    assert caught.value.code == "remote/link"


def shell(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.starts("/bin/sh")
@pytest.mark.parametrize(("mode", "is_ours"), [(0o755, 1), (0o700, 1), (0o777, 0), (0o775, 0)])
def test_a_folder_in_which_others_write_is_not_used(
    mode: int, is_ours: bool, tmp_path: Path
) -> None:
    base = tmp_path / "base with ' a space"
    code = base / "agent" / ("0" * 64)
    code.mkdir(parents=True)
    (code / "python").write_text(f"{sys.executable} -c 'print(4711)'\n")
    base.chmod(mode)
    said = shell(script(str(base), "3.11"))
    assert (said.returncode == 0, "this user alone" in said.stderr) == (is_ours, not is_ours)
    asked = steps.listing(f"{base}/agent/{'1' * 64}", f"{base}/0", [])
    said = shell(asked.command)
    assert ("4711" in said.stdout, "this user alone" in said.stderr) == (is_ours, not is_ours)


@pytest.mark.starts("/bin/sh")
@pytest.mark.skipif("os.getuid()", reason="gives folders to somebody else")
@pytest.mark.parametrize("is_link", [True, False])
def test_a_folder_of_somebody_else_is_not_used(is_link: bool, tmp_path: Path) -> None:
    base = tmp_path / "base"
    if is_link:
        (tmp_path / "own").mkdir()
        base.symlink_to("own")
    else:
        base.mkdir()
    os.chown(base, 65_534, 65_534, follow_symlinks=False)
    said = shell(script(str(base), "3.11"))
    assert said.returncode == 73
    assert "this user alone" in said.stderr


@pytest.mark.starts("/bin/sh")
def test_what_is_not_ours_is_never_swept(tmp_path: Path) -> None:
    for name in ("runtime/java", "agent/ssh", "runtime/" + "a" * 64):
        (tmp_path / name).mkdir(parents=True)
    assert shell(sweeping(str(tmp_path))).stdout == f"swept=runtime/{'a' * 64}\n"
    assert (tmp_path / "runtime" / "java").is_dir()
