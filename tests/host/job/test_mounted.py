"""Data that is mounted while a job runs: read in its box, gone after it, and its end is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from free_ports import free_ports
from stores import answers
from waiting import until

from deepcat.host.box.argv import write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available
from deepcat.host.data import mounting
from deepcat.host.data.asking import Allowed
from deepcat.host.data.wanted import Datum
from deepcat.host.failure import StepError
from deepcat.host.job import memory, mounted, once
from deepcat.host.job.end import end_of
from deepcat.host.place import Place

pytestmark = [
    pytest.mark.starts("jobs"),
    pytest.mark.skipif(bool(mounting.lacking()), reason="; ".join(mounting.lacking())),
]
SECRET = "ada:pa:ss wörd"
CONTENT = b"1,2\n" * 100_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A WebDAV server that lets in who knows the secret."""
    files = tmp_path / "store" / "points" / "deep"
    files.mkdir(parents=True)
    (files / "b c.csv").write_bytes(CONTENT)
    (port,) = free_ports(1)
    user, _, password = SECRET.partition(":")
    at = f"127.0.0.1:{port}"
    argv = ["rclone", "serve", "webdav", str(tmp_path / "store"), f"--addr={at}", f"--user={user}"]
    env = {**os.environ, "RCLONE_PASS": password, "RCLONE_CONFIG": str(tmp_path / "none")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
        try:
            until(lambda: answers(port))
            yield f"webdav://{at}/points", process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "local" / "demo" / "jobs" / "job" / "1"
    for name in ("work", "output", "checkpoints", "kept"):
        (made / name).mkdir(parents=True)
    Place(made.parents[2]).save({"jobs": {"job": {"live": {"folder": "jobs/job/1"}}}})
    yield made
    mounting.unmounted(tmp_path)


def lay(folder: Path, address: str, line: str, secret: str = SECRET) -> list[str]:
    """A training whose data `points` is mounted."""
    datum = Datum("points", "0" * 64, address, 0, "mount")
    mounted.lay([datum], {"points": secret}, folder)
    held = {"points": datum.digest}
    (path,) = mounted.lies([datum], held, folder, folder.parents[3], Allowed()).values()
    work = str(folder / "work")
    writes = (work, str(folder / "output"))
    grant = Grant(f"job {folder}", reads=(str(path),), writes=writes, folder=work)
    write(folder / "grant.json", grant, available(), ["/bin/sh", "-c", f"D={path}; {line}"])
    job: dict[str, Any] = {
        **{"place": str(folder.parents[2]), "image": "", "retries": 0, "time_s": 0, "options": []},
        **{"outputs": [], "grant": str(folder / "grant.json"), "environment": {}, "evaluate": ""},
        **{"kept": str(folder / "kept"), "output": "output", "old": "", "program": "p"},
        **{"checkpoints": str(folder / "checkpoints"), "log": str(folder / "log")},
    }
    (folder / "job.json").write_text(json.dumps(job))
    return [sys.executable, "-I", "-S", once.__file__, str(folder / "job.json")]


def rclone_of(folder: Path) -> int:
    """The process that mounts the data of a job."""
    return int(json.loads((folder / "mounted" / ".points.life").read_text())["pid"])


def test_a_job_reads_what_is_mounted_and_nothing_is_left(folder: Path, store: Any) -> None:
    address, _ = store
    line = 'cat "$D/deep/b c.csv" >../output/x; touch "$D/mine" || echo kept >../output/y'
    assert (folder / "mounts.json").exists() is False
    words = lay(folder, address, line)
    assert (folder / "mounts.json").stat().st_mode & 0o077 == 0
    assert subprocess.run(words, check=False).returncode == 0
    assert (folder / "output" / "x").read_bytes() == CONTENT
    assert (folder / "output" / "y").read_text() == "kept\n"
    told = memory.seen(folder / "kept")["mounted"]["points"]
    assert (told["files"], told["bytes"], len(told["sha256"])) == (1, len(CONTENT), 64)
    assert not list(mounting.below(folder))
    assert not (folder / "mounted").exists()
    assert not (folder / "mounts.json").exists()


def test_who_is_not_let_in_hears_why(folder: Path, store: Any) -> None:
    words = lay(folder, store[0], "true", "ada:another secret")
    assert subprocess.run(words, check=False).returncode == 125
    end, seen = end_of(folder), memory.seen(folder / "kept")
    assert end is not None
    assert end.why == "mount"
    assert "401" in end.detail
    assert seen["failure"]["code"] == "job/mount"
    assert "another secret" not in json.dumps([end.detail, seen])


@pytest.mark.parametrize("which", ["rclone", "server"])
def test_data_that_goes_ends_the_job_in_words(folder: Path, store: Any, which: str) -> None:
    address, server = store
    line = 'echo >began; while test ! -e go; do :; done; cat "$D/deep/b c.csv" >/dev/null'
    words = lay(folder, address, line if which == "server" else "echo >began; exec sleep 600")
    with subprocess.Popen(words):
        until((folder / "work" / "began").exists)
        if which == "rclone":
            os.kill(rclone_of(folder), signal.SIGKILL)
        else:
            server.kill()
            server.wait()
            (folder / "work" / "go").touch()
    end, seen = end_of(folder), memory.seen(folder / "kept")
    assert end is not None
    assert (end.why, bool(end.exit_status)) == ("mount", True)
    assert "`points`" in seen["failure"]["detail"]
    assert not list(mounting.below(folder))


def test_what_nobody_holds_any_more_is_taken_away(folder: Path, store: Any) -> None:
    with subprocess.Popen(lay(folder, store[0], "echo >began; exec sleep 600")) as running:
        until((folder / "work" / "began").exists)
        (at,) = mounting.below(folder)
        assert mounting.swept(folder.parents[3]) == []  # somebody holds it
        mine = rclone_of(folder)
        os.kill(mine, signal.SIGSTOP)  # so that it takes nothing down itself
        running.kill()
        os.kill(mine, signal.SIGKILL)
    until(lambda: mounting.swept(folder.parents[3]) == [at])
    assert not list(mounting.below(folder))


def test_who_is_killed_takes_its_mounts_along(folder: Path, store: Any) -> None:
    with subprocess.Popen(lay(folder, store[0], "echo >began; exec sleep 600")) as running:
        until((folder / "work" / "began").exists)
        running.kill()
    until(lambda: not list(mounting.below(folder)))


@pytest.mark.parametrize(
    ("address", "store", "hosts", "code"),
    [
        ("webdav://127.0.0.1:1/x", {}, (), "data/host"),
        ("s3://b/x", {"endpoint": "http://169.254.169.254"}, ("127.0.0.1",), "data/host"),
        ("https://example.org/x/", {}, (), "data/host"),
        ("rclone:hub:points", {}, (), "data/mount"),
        ("zenodo:123/x", {}, (), "data/mount"),
    ],
)
def test_a_server_that_nobody_names_is_not_mounted(
    address: str, store: dict[str, str], hosts: tuple[str, ...], code: str
) -> None:
    with pytest.raises(StepError) as caught:
        mounting.require(address, store, Allowed(hosts, mounts=hosts))
    assert caught.value.code == code


def test_a_folder_of_the_host_is_read_where_it_lies(tmp_path: Path) -> None:
    own = Datum("points", "0" * 64, f"file:{tmp_path}/nfs", 0, "mount")
    (tmp_path / "nfs").mkdir()
    allowed = Allowed(folders=("/",), mounts=(str(tmp_path / "nfs"),))
    mounted.require([own], allowed, here=True)
    lies = mounted.lies([own], {"points": own.digest}, tmp_path / "j", tmp_path, allowed)
    assert lies == {"points": tmp_path / "nfs"}
    for path, why in ((tmp_path, "no data may be read"), (tmp_path / "other", "no data")):
        with pytest.raises(StepError, match=why):
            mounted.require([replace(own, address=f"file:{path}")], allowed, here=True)
    (tmp_path / "nfs").rmdir()
    with pytest.raises(StepError, match="is no folder of this host"):
        mounted.require([own], allowed, here=True)
