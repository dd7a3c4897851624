"""Podman with a store of its own, and a real registry to pull from."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from free_ports import free_ports

_CONTAINERS = """\
[containers]
netns = "{network}"
log_driver = "k8s-file"
default_sysctls = []
default_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "{folder}/t"
"""
_STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
_REGISTRIES = '[[registry]]\nlocation = "{registry}"\ninsecure = true\n'
_REGISTRY = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {0}/registry}}{2}}}
http: {{addr: "{1}"}}
{3}
"""
_PATIENCE_S = 60.0


@contextmanager
def store(registry: str = "none.invalid", network: str = "bridge") -> Iterator[dict[str, str]]:
    """The variables that give podman a store of its own, in which nothing is left at the end.

    Its path is short: what podman starts when a container ends refuses one of more than 50
    characters, and then the end is known 20 seconds late. Nothing of it is shared with another
    store, for a container in one would be lost as soon as the other is reset.

    Args:
        registry: that podman trusts, here.
        network: that a container is in which says nothing of it.
    """
    folder = Path(tempfile.mkdtemp(prefix="dc", dir="/tmp"))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    texts = {
        "CONTAINERS_CONF": _CONTAINERS,
        "CONTAINERS_STORAGE_CONF": _STORAGE,
        "CONTAINERS_REGISTRIES_CONF": _REGISTRIES,
    }
    values = {"files": files, "folder": folder, "registry": registry, "network": network}
    for name, text in texts.items():
        (folder / f"{name}.conf").write_text(text.format(**values))
    variables = {name: str(folder / f"{name}.conf") for name in texts}
    try:
        yield variables
        assert podman(variables, "ps", "-aq") == "", "a container was left"
    finally:
        subprocess.run(["podman", "rm", "-fa"], env={**os.environ, **variables}, check=False)
        subprocess.run(["umount", "-q", folder / "graph" / "overlay"], check=False)
        shutil.rmtree(folder)


def podman(variables: dict[str, str], *words: str | Path) -> str:
    """What podman says."""
    own = {**os.environ, **variables}
    command = ["podman", *map(str, words)]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def registry(
    folder: Path, storage: str = "", more: str = "", host: str = "127.0.0.1"
) -> Iterator[str]:
    """A registry, at the loopback unless told otherwise; gives its address.

    Args:
        folder: that it keeps all in.
        storage: further settings of its storage, as ``, NAME: VALUE``.
        more: further lines of its settings.
        host: an address of this machine.
    """
    address = f"{host}:{free_ports(1)[0]}"
    (folder / "registry.yml").write_text(_REGISTRY.format(folder, address, storage, more))
    words = ["docker-registry", "serve", str(folder / "registry.yml")]
    # It takes variables of this name for settings of its own; podman's are others.
    own = {name: each for name, each in os.environ.items() if not name.startswith("REGISTRY_")}
    with (
        (folder / "registry.log").open("wb") as log,
        subprocess.Popen(words, env=own, stdout=log, stderr=log) as process,
    ):
        host, _, port = address.partition(":")
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                socket.create_connection((host, int(port)), 1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "registry.log").read_text()
                assert time.monotonic() < until, (folder / "registry.log").read_text()
                time.sleep(0.02)
        try:
            yield address
        finally:
            process.terminate()
