"""Scripts that reach beyond their box, be it a review's, an operation's or a server's: none does.

Each row of scripts.yaml runs in boxes that root makes and that an ordinary user makes, who owns all
that is attacked; with a root of their own, and by rules alone (Landlock) on the machine's. What it
says is exactly what is expected, and afterwards nothing outside was read, changed, reached or ended.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.cli.boxed import GRANT as REVIEW
from deepcat.host import operation
from deepcat.host.box import kernel
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers, available
from deepcat.host.box.run import Finished, run
from deepcat.host.box.syscalls import numbers
from deepcat.host.model_server import boxing
from deepcat.host.model_server.options import Options

pytestmark = pytest.mark.starts("boxed scripts, and what they attack")

HERE = Path(__file__).parent
ROWS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "scripts.yaml").read_text())
_MiB = 1 << 20
# Each box as it is, but with bounds that are reached soon.
SMALL = {
    "memory_bytes": 256 * _MiB, "cpu_s": 2, "processes": 64, "file_bytes": 16 * _MiB,
    "disk_bytes": 32 * _MiB, "open_files": 256,
}  # fmt: skip
# The time of scripts that only that ends, and of all others, which a busy machine may keep waiting.
SOON_S, LATE_S = 1.0, 60.0
# Of the system: in the machine's own root a user of its own may not pass the home of root.
PYTHON = next(
    path
    for path in ("/usr/local/bin/python3", "/usr/bin/python3", sys.executable)
    if Path(path).exists()
)
# Whose box it is, who makes it, and how.
BOXES = (
    ("review", "root", "own root"),
    ("operation", "root", "own root"),
    ("operation", "root", "rules"),
    ("review", "user", "rules"),
    ("review", "user", "own root"),
    ("server", "root", "own root"),
    ("server", "user", "rules"),
)
# An ordinary user that no other worker's tests are: the kernel counts all tasks of a user.
ORDINARY = 65_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
SERVER = boxing.grant(Path("/place"), Path("/place/servers"), Options(), {})
GRANTS = {"review": REVIEW, "server": SERVER}
OPERATION = operation.grant("/place", "/module", "/output", "/private", (), connects=False)
_HEAD = """\
import ctypes, errno, os, socket, sys, time
library, numbers = ctypes.CDLL(None, use_errno=True), {numbers!r}
def call(name, *given):
    found = getattr(library, name)(*given)
    if found == -1:
        raise OSError(ctypes.get_errno(), name)
    return found
def system(name, *given):
    return call('syscall', numbers[name], *given)
try:
    exec({body!r})
except OSError as error:
    print(errno.errorcode.get(error.errno, type(error).__name__))
except BaseException as error:
    print(type(error).__name__)
"""


@dataclass(frozen=True)
class Outside:
    """What lies beside a box.

    Attributes:
        folder: with a canary, what everybody may read, a repository, keys, another deployment.
        own: the one folder that a box may write.
        secret: what nobody may learn.
        user: who owns all this, and runs the process.
        process: that has it in its memory and variables, and notes who reaches it.
        names: what the rows call it.
    """

    folder: Path
    own: Path
    secret: str
    user: int
    process: subprocess.Popen[bytes]
    names: dict[str, str]

    def fill(self, text: str, own: str) -> str:
        for name, value in {**self.names, "own": own}.items():
            text = text.replace(f"@{name}@", value)
        return text

    def state(self) -> dict[str, Any]:
        """All that a script could change outside, as far as it must stay as it is."""
        found: dict[str, Any] = {}
        for path in sorted(self.folder.rglob("*")):
            seen = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (seen.st_mode, seen.st_uid, content)
        return found | {"is alive": self.process.poll() is None}


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    secret, name, key = (
        f"C4n4ry{secrets.token_hex(12)}",
        secrets.token_hex(8),
        secrets.randbits(30),
    )
    with tempfile.TemporaryDirectory(prefix="deepcat-test-") as top:
        folder, own = Path(top, "outside"), Path(top, "own")
        Path(top).chmod(0o755)
        for place in (
            own,
            folder,
            *(folder / each for each in (".git/hooks", ".ssh", "local/other")),
        ):
            place.mkdir(parents=True)
            place.chmod(0o755)
        for file in ("canary", "open", ".git/config", ".ssh/id_ed25519", "local/other/private"):
            (folder / file).write_text(secret)
        (folder / "canary").chmod(0o600)
        (folder / ".git/hooks").chmod(0o777)
        setuid = _a_program_of_root(Path(top))
        user = os.getuid() or ORDINARY
        for path in (own, folder, *folder.rglob("*")):
            os.chown(path, user, user)
        process = subprocess.Popen(
            [PYTHON, str(HERE / "victim.py"), str(folder), name, str(key)],
            env={**os.environ, "GITHUB_TOKEN": secret},
            stdout=subprocess.PIPE,
            user=user,
            group=user,
        )
        assert process.stdout
        names = {
            "folder": str(folder), "canary": str(folder / "canary"), "open": str(folder / "open"),
            "pid": str(process.pid), "parent": str(os.getpid()), "key": str(key),
            "port": process.stdout.readline().decode().strip(), "abstract": name, "queue": name,
            "setuid": setuid,
        }  # fmt: skip
        try:
            yield Outside(folder, own, secret, user, process, names)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            library = ctypes.CDLL(None, use_errno=True)
            library.shmctl(library.shmget(key, 0, 0), 0, None)
            ctypes.CDLL("librt.so.1").mq_unlink(f"/{name}".encode())
            Path("/dev/shm", name).unlink(missing_ok=True)


def _a_program_of_root(folder: Path) -> str:
    """A program that runs as its owner, who is root where the tests are."""
    path = folder / "identity"
    shutil.copy("/usr/bin/id", path)
    path.chmod(0o4755)
    return str(path)


def box(whose: str, how: str, outside: Outside, wall_s: float) -> tuple[Grant, Layers]:
    """The grant, with bounds that are soon reached, and the layers."""
    granted = GRANTS.get(whose, OPERATION)
    reads, writes = (outside.names["setuid"],), ()
    if whose == "operation":
        writes = (str(outside.own),)
    grant = replace(
        granted,
        name=secrets.token_hex(8),
        reads=reads,
        writes=writes,
        folder="",
        variables={},
        wall_s=wall_s,
        **SMALL,
    )
    layers = available()
    if how == "rules":
        return grant, replace(layers, namespaces=False, mounts=False)
    if not layers.isolates:
        pytest.skip("this machine gives no root of its own")
    return grant, layers


def attack(row: dict[str, Any], whose: str, who: str, how: str, outside: Outside) -> Finished:
    """Run a row's script in a box."""
    wall_s = SOON_S if "time" in row.get("ended", "") else LATE_S
    grant, layers = box(whose, how, outside, wall_s)
    own = str(outside.own) if grant.writes else "."  # a review has nothing but its temporary folder
    if "sh" in row:
        argv = ["/bin/sh", "-c", outside.fill(row["sh"], own)]
    else:
        body = _HEAD.format(numbers=numbers(kernel.MACHINE), body=outside.fill(row["python"], own))
        argv = [PYTHON, "-I", "-S", "-c", body]
    if who == "root":
        return run(argv, grant, most_output=_MiB, layers=layers)
    layers = replace(layers, user=False, cgroup=False)
    asked = {"argv": argv, "grant": grant.as_dict(), "layers": layers.as_dict()}
    done = subprocess.run(
        [PYTHON, "-I", "-S", str(HERE / "boxed_by_a_user.py")],
        input=json.dumps(asked | {"most_output": _MiB}).encode(),
        env={},
        user=outside.user,
        group=outside.user,
        extra_groups=[],
        capture_output=True,
        check=True,
    )
    rc, out, err, ended, why = json.loads(done.stdout)
    return Finished(rc, bytes.fromhex(out), bytes.fromhex(err), ended, why)


def said(row: dict[str, Any], done: Finished) -> str:
    """The last line that it wrote, and how it ended."""
    lines = done.out.decode(errors="replace").split("\n")
    line = next((each for each in reversed(lines) if each), "")
    if "sh" in row:
        return f"{line} {done.rc}".strip()
    return f"signal {done.rc - 128}" if done.rc > 128 and not done.ended else line


def wanted(row: dict[str, Any], whose: str, who: str, how: str) -> list[str]:
    """What a script may say; more than one where machines differ."""
    says = row["says"]
    if isinstance(says, dict):
        says = says.get(whose, says.get(f"{who} {how}", says.get(how)))
    return str(says).split(" or ")


@pytest.mark.parametrize("where", BOXES, ids=" ".join)
@pytest.mark.parametrize("script", ROWS)
def test_a_script_reaches_nothing_outside_its_box(
    script: str, where: tuple[str, str, str], outside: Outside
) -> None:
    whose, who, how = where
    row = ROWS[script]
    if row.get("machine", kernel.MACHINE) != kernel.MACHINE:
        pytest.skip(f"is for {row['machine']}")
    before = outside.state()
    done = attack(row, whose, who, how, outside)
    for left in outside.own.iterdir():
        left.unlink()
    assert (done.ended or "none") in row.get("ended", "none").split(" or "), done
    if not done.ended:
        assert said(row, done) in wanted(row, whose, who, how), done
    assert outside.secret.encode() not in done.out + done.err
    assert outside.state() == before
