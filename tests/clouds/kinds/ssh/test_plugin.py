"""A module's own plug-in on a host by ssh that reaches no package index, behind a proxy.

As root: in these hosts, which are folders with a network, nobody else has namespaces for its box.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from ssh_catalog import SOURCE
from ssh_front import Authority, Fronted
from ssh_hosts import Hosts

from deepcat.host.deepaas.package import plugin_of
from deepcat.runtime import environments
from deepcat.runtime.values import Archive
from deepcat.serving.client.rest import trusting

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("hosts with sshd", "Ansible", "DEEPaaS", "nginx"),
    pytest.mark.system("sshd", "ip", "nsenter", "cron", "nginx"),
    pytest.mark.xdist_group("ssh hosts"),
]
MODULE = "digits-classifier"
PORT = 5000


def packages() -> Path:
    """What the lock of the modules' plug-ins names, which lies there for other tests, too."""
    found = [*Path(sys.prefix, "deepaas", "lib").glob("python3*/site-packages")]
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no DEEPaaS, which `make test` must install", pytrace=False)
        pytest.skip("no DEEPaaS; `make .venv/.deepaas` installs it")
    return found[0]


def kept(there: Path) -> Archive:
    """The environment as an archive of this machine, which tests have no index to make by."""

    def fill(target: Path, named: Sequence[str], *, version: str = "") -> None:
        assert named and not version, "it is for this Python"
        shutil.copytree(there, target, copy_function=os.link, dirs_exist_ok=True)

    plugin = plugin_of(SOURCE / "modules" / MODULE / "deepaas")
    return environments.built(plugin.pins, "{}.{}".format(*sys.version_info), fill)


def wish(catalog: Fronted) -> None:
    path = catalog.root / "deployments" / "demo.yaml"
    inputs = {"rest_port": 0, "grpc_port": 0, "photos": True, "photos_port": PORT}
    data = {**json.loads(path.read_text()), "module": MODULE, "inputs": inputs}
    path.write_text(json.dumps(data))


def digit(catalog: Fronted, url: str) -> int:
    """What is read off a photo, by TLS alone."""
    photo = (SOURCE / "modules" / MODULE / "deepaas" / "a-seven.png").read_bytes()
    head = b'Content-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\n'
    context = trusting(catalog.authority.pem)
    place = url.removeprefix("https://")
    with closing(http.client.HTTPSConnection(place, timeout=120, context=context)) as link:
        link.request(
            "POST",
            f"/v2/models/{MODULE}/predict/",
            b"--b\r\n" + head + photo + b"\r\n--b--\r\n",
            {"Content-Type": "multipart/form-data; boundary=b"},
        )
        return int(json.load(link.getresponse())["predictions"]["digit"])


def test_it_is_brought_what_it_needs_and_answers_by_the_proxy_alone(tmp_path: Path) -> None:
    there = packages()
    (tmp_path / "hosts").mkdir()
    hosts = Hosts(tmp_path / "hosts", 1)
    try:
        hosts.begin()
        theirs = hosts.all[0].run("python3 -c 'import sys; print(*sys.version_info[:2])'")
        if tuple(map(int, theirs.split())) != sys.version_info[:2]:
            pytest.skip("the host's Python is another than that of the packages that are here")
        catalog = Fronted(tmp_path / "catalog", hosts.all[0])
        catalog.authority = Authority()
        catalog.begin(hosts.key)
        for part in (f"modules/{MODULE}", "datasets"):
            shutil.copytree(SOURCE / part, catalog.root / part)
        wish(catalog)
        catalog.certify()
        catalog.front("nginx", user="root")
        archive = kept(there)
        assert "4 samples passed" in catalog.apply()
        assert f"/root/.deepcat/runtime/{archive.id}" in catalog.host.run(
            "ls -d /root/.deepcat/runtime/*"
        )
        endpoints = catalog.state()["endpoints"]
        assert set(endpoints) == {"deepaas", "grpc", "rest"}
        assert len({*endpoints.values()}) == 2
        assert digit(catalog, endpoints["deepaas"]) == 7
        state = json.loads(catalog.host.run("cat /root/.deepcat/*/demo/state.json"))
        assert set(state["front"]) == {"photos", "server"}, "its port is the same next time"
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((catalog.host.address, PORT), 10)
        catalog.deepcat("destroy", "--all", "--yes")
        assert catalog.host.run("ls -d /root/.deepcat || true") == "", "nothing is left"
    finally:
        hosts.end()
