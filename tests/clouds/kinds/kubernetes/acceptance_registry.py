"""Images of a registry that asks who pulls, by a real node: by a secret's name, or told why not.
`make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cluster import images
from cluster.control_plane import Cluster
from containers import registry
from pods.given import Run, cloud, means

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables", "docker-registry"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
USER, WORD = "ada", "open sesame"
# As `htpasswd -nbB` writes it.
HTPASSWD = f"{USER}:$2y$05$uBb0PbNnVmmY7lgCIWGv0.uZC/WRjBqaytbSVY7o.Qn5n/SHtWyCe\n"
# By which a node's containerd goes there without TLS.
HOSTS = """\
server = "http://{0}"
[host."http://{0}"]
  capabilities = ["pull", "resolve"]
"""
WAITS = "trap exit TERM; sleep 600 & wait"
SOON_S = 30
_numbers = count()


@pytest.fixture(scope="module")
def shelf(
    real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """An image in a registry that asks who pulls, at the nodes' bridge: its name, its digest."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "htpasswd").write_text(HTPASSWD)
    settings = f"auth: {{htpasswd: {{realm: lab, path: {folder}/htpasswd}}}}"
    host = urlsplit(real_cluster.server).hostname or ""
    with registry(folder, more=settings, host=host) as address:
        for node in real_cluster.real.values():
            told = node.folder / "certs.d" / address
            told.mkdir(parents=True)
            (told / "hosts.toml").write_text(HOSTS.format(address))
        digest = images.push(f"http://{address}/v2/lab/shell", "1", f"{USER}:{WORD}")
        yield f"{address}/lab/shell", digest


@pytest.fixture
def lab(real_cluster: Cluster, shelf: tuple[str, str]) -> Iterator[str]:
    """A namespace with a secret that lets in, and one that does not."""
    name, client = f"pull-lab-{next(_numbers)}", real_cluster.client()
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    address = shelf[0].partition("/")[0]
    for secret, word in (("right", WORD), ("wrong", "sesame")):
        login = base64.b64encode(f"{USER}:{word}".encode()).decode()
        kept = json.dumps({"auths": {address: {"auth": login}}}).encode()
        data = {".dockerconfigjson": base64.b64encode(kept).decode()}
        own = {"type": "kubernetes.io/dockerconfigjson", "data": data}
        client.make(f"/api/v1/namespaces/{name}/secrets", {"metadata": {"name": secret}, **own})
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def run(real_cluster: Cluster, lab: str, tmp_path: Path) -> Any:
    def tried(image: str, secret: str) -> Mapping[str, Any]:
        """What the step says that waits for a container of an image; empty where it runs."""
        login = {"kubeconfig": f"file:{real_cluster.kubeconfig}"}
        where = cloud(login, lab, wait=5, **({"pull_secret": secret} if secret else {}))
        made = Run(where, means(tmp_path), "r1")
        artifacts = {"image": {"file": image}}
        node = {"name": "shell", "properties": {"command": WAITS}, "artifacts": artifacts}
        assert not made.step("begin").get("failed")
        told = made.step("container", node=node)
        assert not told.get("failed"), told
        begun = time.monotonic()
        told = made.step("prove")
        assert time.monotonic() - begun < SOON_S
        made.step("delete")
        return dict(told.get("deepcat_failure") or {})

    return tried


def test_an_image_by_its_digest_comes_by_the_secret_that_lets_in(
    run: Any, shelf: tuple[str, str]
) -> None:
    name, digest = shelf
    assert run(f"{name}@{digest}", "right") == {}


@pytest.mark.parametrize("secret", ["", "none", "wrong"])
def test_who_is_not_let_in_is_told_so(run: Any, shelf: tuple[str, str], secret: str) -> None:
    name, digest = shelf
    # The node keeps what it has pulled; the same of another name has to be asked for.
    failure = run(f"{name}-{secret or 'nobody'}@{digest}", secret)
    assert (failure["kind"], failure["code"]) == ("auth", "run/image"), failure
    assert "Failed to pull image" in failure["message"]
    assert ("Unable to retrieve some image pull secrets (none)" in failure["message"]) is (
        secret == "none"
    )
    assert "pull_secret" in failure["hint"]


@pytest.mark.parametrize("part", [":none", f"@sha256:{'0' * 64}"], ids=["tag", "digest"])
def test_what_the_registry_does_not_have_is_told_in_its_words(
    run: Any, shelf: tuple[str, str], part: str
) -> None:
    failure = run(f"{shelf[0]}{part}", "right")
    assert (failure["kind"], failure["code"]) == ("cloud", "run/image"), failure
    assert "Failed to pull image" in failure["message"]
    assert "not found" in failure["message"]
