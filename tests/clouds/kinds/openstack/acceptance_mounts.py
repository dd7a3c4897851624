"""Data that servers mount while a training runs, on a real OpenStack: by `make openstack`."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from free_ports import free_ports
from stack.catalog import Catalog
from stack.cloud import Stack
from stack.lab import NOTHING
from stores import served
from waiting import until
from wheels import pin, wheel

import conformance
from deepcat.host.data import mounting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("OpenStack", "hosts with sshd", "Ansible"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter", "rclone", "fusermount3", "openssl"),
    pytest.mark.skipif(bool(mounting.lacking()), reason="; ".join(mounting.lacking())),
    pytest.mark.timeout(2400),
    # The rig's own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
LEARNS = Path(conformance.__file__).parent / "learns"
NOTES = "/srv/notes"
SECRET = "ada:pa:ss word"
ASIDE = "SHELVED_OFFLOADED"
# What is mounted its user alone may look at.
_HELD = "cd /home/deepcat && find -name mounted -prune -o -name mounts.json -printf '%m %u\\n'"


@pytest.fixture
def store(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """A WebDAV server, where guests reach it, that lets in who knows the secret."""
    files = tmp_path / "store" / "points"
    files.mkdir(parents=True)
    (files / "points.csv").write_text("1\n2\n")
    (port,) = free_ports(1)
    at, (user, _, password) = f"{stack.guests.net}.1", SECRET.partition(":")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=store", "-addext", f"subjectAltName=IP:{at}",
         "-keyout", tmp_path / "store.key", "-out", tmp_path / "store.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    words = ["rclone", "serve", "webdav", str(files.parent), f"--addr=:{port}", f"--user={user}"]
    words += [f"--cert={tmp_path}/store.pem", f"--key={tmp_path}/store.key"]
    env = {"RCLONE_PASS": password, "RCLONE_CONFIG": str(tmp_path / "none")}
    with served(words, port, env, tmp_path / "log"):
        yield f"{at}:{port}"


@pytest.fixture
def catalog(
    stack: Stack, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Catalog]:
    """A catalog with the module `learns` and the data `points`; images lack what mounts."""
    made = Catalog(tmp_path / "catalog", stack)
    made.begin()
    shutil.copytree(LEARNS, made.root / "modules" / "learns")
    module = made.root / "modules" / "learns" / "module.yaml"
    own = yaml.safe_load(module.read_text())
    own["training"]["data"] = {"points": {"dataset": "points"}}
    module.write_text(yaml.safe_dump(own, sort_keys=False))
    wheels = wheel(tmp_path / "wheels", "slope", "STEP = 0.5\n").parent
    lock = made.root / "modules" / "learns" / "requirements.lock"
    lock.write_text(f"{pin(next(wheels.glob('*.whl')), 'slope')}\n")
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")
    made.environment |= {"PIP_CONFIG_FILE": str(settings), "PIP_FIND_LINKS": str(wheels)}
    made.environment |= {"DEEPCAT_WORKLOAD_POINTS": SECRET}
    with (made.root / "deepcat.yaml").open("a") as stream:
        stream.write(f"allowed_folders: {{learns: ['{NOTES}']}}\n")
        stream.write(f"allowed_data: {{mounts: ['{store}']}}\n")
    (made.root / "datasets").mkdir()
    told = {
        "apiVersion": "deepcat/v1", "title": "Points", "description": "Points.", "bytes": 4,
        "license": "CC0-1.0", "address": f"webdavs://{store}/points", "how": "mount",
        "credential": "env:DEEPCAT_WORKLOAD_POINTS", "maintainers": ["ada"],
    }  # fmt: skip
    (made.root / "datasets" / "points.yaml").write_text(json.dumps(told))
    monkeypatch.setattr(stack.guests, "bare", True)
    trusted = shlex.quote((tmp_path / "store.pem").read_text())
    script = f"mkdir -p -m 1777 {NOTES}; echo {trusted} >>/etc/ssl/certs/ca-certificates.crt"
    monkeypatch.setattr(stack.guests, "prepares", lambda host: host.run(script))
    try:
        yield made
    finally:
        made.deepcat("destroy", "--all", "--yes", "--discard", ok=None)


def wish(catalog: Catalog, **inputs: Any) -> None:
    catalog.wish(
        module="learns", profile="train", limits={"time": "1h"},
        inputs={"ran": f"{NOTES}/learns", **inputs},
    )  # fmt: skip


def status(catalog: Catalog) -> str:
    (found,) = json.loads(catalog.deepcat("status", "demo", "--json"))
    return str(found["status"])


def is_mounted(stack: Stack) -> bool:
    """Whether the guest has the data, and nothing else, mounted by rclone."""
    (host,) = stack.guests.all.values()
    lines = host.run("grep ' fuse.rclone ' /proc/1/mounts || true").splitlines()
    return [line.split()[1].endswith("/mounted/points") for line in lines] == [True]


def test_an_image_without_what_mounts_is_told_by_name(stack: Stack, catalog: Catalog) -> None:
    wish(catalog, epochs=3)
    said = catalog.deepcat("apply", "--yes", ok=False)
    assert "[data/mount]" in said, said
    assert "`rclone` is not installed" in said
    assert "package `fuse3`" in said
    assert stack.left() == NOTHING


def test_it_is_mounted_as_long_as_a_training_runs(stack: Stack, catalog: Catalog) -> None:
    catalog.cloud(packages=["fuse3", "rclone"])
    wish(catalog, epochs=1000, pause=1)
    assert "mounted, not summed" in catalog.deepcat("apply", "--yes")
    until(lambda: "checkpoint" in catalog.deepcat("status", "demo"), patience_s=120)
    assert is_mounted(stack)
    assert "the data is read only" in catalog.deepcat("logs", "demo")
    (host,) = stack.guests.all.values()
    assert host.run(_HELD) == "600 deepcat\n"
    # Its server is shelved by hand, and goes on with the next apply.
    (server,) = stack.ours().compute.servers()
    stack.ours().compute.shelve_server(server)
    until(lambda: not stack.guests.all, patience_s=60)
    catalog.deepcat("apply", "--yes")
    until(lambda: is_mounted(stack), patience_s=120)
    # It is put aside once nothing is mounted there.
    said = catalog.deepcat("stop", "demo", "--yes")
    until(lambda: status(catalog) == "failed", patience_s=120)
    assert "its machine is put aside" in said + catalog.deepcat("ci", "watch"), said
    assert [each.status for each in stack.ours().compute.servers()] == [ASIDE]
    catalog.deepcat("resume", "demo", "--yes")
    until(lambda: is_mounted(stack), patience_s=120)
    assert "begins after 0" not in catalog.deepcat("logs", "demo").rpartition("begins")[2]
    (host,) = stack.guests.all.values()
    assert host.run(_HELD) == "600 deepcat\n", "what let the one before in is gone"
    catalog.deepcat("destroy", "demo", "--yes", "--discard")
    assert stack.left() == NOTHING
