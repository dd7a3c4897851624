"""Four hosts at once: nobody root, root, an old Python alone, and one cut off in the middle."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pythons import VERSIONS
from ssh_hosts import USER, Host, Hosts

SOURCE = Path(__file__).resolve().parents[4]
MODULE = "half-plus-two"
# By whom each is logged in to; the last one has no root either.
USERS = {"plain": USER, "admin": "root", "old": USER, "cut": USER}
OLD = "3.9"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("hosts with sshd", "Ansible"),
    pytest.mark.system("sshd", "ip", "nsenter"),
    pytest.mark.xdist_group("ssh hosts"),
]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[dict[str, Host]]:
    folder = tmp_path / "hosts"
    folder.mkdir()
    found = Hosts(folder, len(USERS))
    try:
        found.begin()
        named = dict(zip(USERS, found.all, strict=True))
        _only_old_python(named["old"])
        yield named
    finally:
        found.end()


def _only_old_python(host: Host) -> None:
    """Leave it the oldest Python that our steps run on, and where there is none here, none."""
    kept = next(iter(VERSIONS.glob(f"{OLD}.*")), None)
    host.run("rm -f /usr/bin/python3* /usr/local/bin/python3*")
    if kept is not None:
        there = host.root / "opt/old"
        unneeded = shutil.ignore_patterns("test", "*.a", "__pycache__", "site-packages", "share")
        shutil.copytree(kept, there, symlinks=True, ignore=unneeded)
        host.run(f"ln -s /opt/old/bin/python{OLD} /usr/local/bin/python3")


@pytest.fixture
def catalog(tmp_path: Path, hosts: dict[str, Host]) -> Path:
    root = tmp_path / "catalog"
    for folder in ("clouds", "deployments"):
        (root / folder).mkdir(parents=True)
    shutil.copy(SOURCE / "deepcat.yaml", root)
    shutil.copytree(SOURCE / "modules" / MODULE, root / "modules" / MODULE)
    (root / ".gitignore").write_text(".deepcat/\n")
    for name, host in hosts.items():
        section = {
            "hosts": {name: {"address": host.address}}, "user": USERS[name],
            "identity": str(tmp_path / "hosts" / "id"), "known_hosts": [host.known],
        }  # fmt: skip
        if name == "admin":
            section["listen"] = host.address
        cloud = {"apiVersion": "deepcat/v1", "name": name, "kind": "ssh", "price": 0}
        wish = {
            "apiVersion": "deepcat/v1", "module": MODULE, "version": "^1.0.0", "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0}, "placement": {"clouds": [name]},
            "owner": "ada",
        }  # fmt: skip
        (root / "clouds" / f"{name}.yaml").write_text(
            json.dumps({**cloud, "summary": "A host.", "ssh": section})
        )
        (root / "deployments" / f"{name}.yaml").write_text(json.dumps(wish))
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "begin")):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    return root


def _begun(root: Path, *words: str) -> subprocess.Popen[str]:
    call = [sys.executable, "-m", "deepcat", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(call, cwd=root, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def _deepcat(root: Path, *words: str) -> str:
    process = _begun(root, *words)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def _states(root: Path) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(_deepcat(root, "status", "--json"))}


def _ours(host: Host) -> list[str]:
    return [words for words in host.processes().values() if "/.deepcat/" in words]


def _cut_in_the_middle(host: Host, process: subprocess.Popen[str]) -> None:
    """Pull the host's cable once its deployment has a place there, and nothing serves yet."""
    until = time.monotonic() + 240
    while not list(host.root.glob(f"home/{USER}/.deepcat/*/cut/owner.json")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.02)
    host.cut()


def test_one_that_is_cut_off_holds_up_none_of_the_others(
    catalog: Path, hosts: dict[str, Host], tmp_path: Path
) -> None:
    with _begun(catalog, "apply", "--yes") as process:
        try:
            _cut_in_the_middle(hosts["cut"], process)
            said, _ = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 1, said
    found = _states(catalog)
    running = {name for name, state in found.items() if state["status"] == "running"}
    assert running == {"plain", "admin", "old"}

    told = json.loads(_deepcat(catalog, "clouds", "--json"))["clouds"]
    assert {each["name"]: each["healthy"] for each in told} == {
        name: name != "cut" for name in USERS
    }

    hosts["cut"].restore()
    _deepcat(catalog, "apply", "--yes")
    (tmp_path / "asked").write_text('{"instances": [1.0]}')
    for name, state in _states(catalog).items():
        assert state["status"] == "running", state
        answer = _deepcat(catalog, "predict", name, "--json", "--data", str(tmp_path / "asked"))
        assert json.loads(answer)["predictions"] == [2.5]
        reached = hosts[name].address if name == "admin" else "127.0.0.1"
        assert reached in state["endpoints"]["rest"]
        assert sum("keeping/one.py" in words for words in _ours(hosts[name])) == 1
    assert "Nothing to do" in _deepcat(catalog, "apply", "--yes")

    _deepcat(catalog, "destroy", "--all", "--yes")
    assert {name: _ours(host) for name, host in hosts.items()} == {name: [] for name in USERS}
