"""Who may call what a bare host serves: keys that come, change and go, and lie nowhere in clear."""

from __future__ import annotations

import ctypes
import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ssh_catalog import Catalog
from ssh_hosts import USER, Hosts
from tests.rigs.credentials import Authority, issuer

from deepcat.serving.server.keys import new_key

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("hosts with sshd", "Ansible"),
    pytest.mark.system("sshd", "ip", "nsenter"),
    pytest.mark.xdist_group("ssh hosts"),
]
TLS = {
    "certificate": "env:DEEPCAT_WORKLOAD_TLS_CERTIFICATE",
    "key": "env:DEEPCAT_WORKLOAD_TLS_KEY",
    "minimum": "1.3",
}
PLACE = "/home/{}/.deepcat/*/demo"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    (tmp_path / "hosts").mkdir()
    hosts = Hosts(tmp_path / "hosts", 1)
    try:
        hosts.begin()
        made = Catalog(tmp_path / "catalog", hosts.all[0])
        made.begin(hosts.key)
        (tmp_path / "asked").write_text('{"instances": [1.0]}')
        yield made
    finally:
        hosts.end()


def inside(pid: int) -> socket.socket:
    """A socket that listens on a free port of the loopback of a process' network."""

    def listen() -> socket.socket:
        with Path(f"/proc/{pid}/ns/net").open() as there:
            ctypes.CDLL(None, use_errno=True).setns(there.fileno(), 0)
        return socket.create_server(("127.0.0.1", 0))

    with ThreadPoolExecutor(1) as thread:  # whose network alone is another one
        return thread.submit(listen).result()


def wish(catalog: Catalog, access: dict[str, Any] | None) -> None:
    path = catalog.root / "deployments" / "demo.yaml"
    data = {name: said for name, said in json.loads(path.read_text()).items() if name != "access"}
    path.write_text(json.dumps({**data, **({"access": access} if access else {})}))
    catalog.commit()


def of(*names: str) -> dict[str, Any]:
    return {"keys": {name: {"secret": f"env:DEEPCAT_WORKLOAD_{name.upper()}"} for name in names}}


def certified(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Put a new certificate and its key where `TLS` says that they lie."""
    pair = Authority(catalog.root.parent, name).sign("models.example.org", name)
    for part, path in zip(("CERTIFICATE", "KEY"), pair, strict=True):
        monkeypatch.setenv(f"DEEPCAT_WORKLOAD_TLS_{part}", path.read_text())


def asked(catalog: Catalog, *words: str, ok: bool = True) -> str:
    data = str(catalog.root.parent / "asked")
    return catalog.deepcat("predict", "demo", "--json", "--data", data, *words, ok=ok)


def servers(catalog: Catalog) -> dict[int, str]:
    return {pid: said for pid, said in catalog.host.processes().items() if "--rest-port" in said}


def test_keys_on_a_bare_host(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {name: new_key(name)[0] for name in ("ada", "bob")}
    for name, key in keys.items():
        monkeypatch.setenv(f"DEEPCAT_WORKLOAD_{name.upper()}", key)
    wish(catalog, of("ada", "bob"))
    plan = catalog.deepcat("plan")
    assert "let in who shows a key: the keys of ada, bob" in plan
    assert "5 samples passed" in catalog.apply()
    refused = asked(catalog, ok=False)
    assert "[serving/access]" in refused and "DEEPCAT_KEY" in refused
    for way in ((), ("--grpc",)):
        for name in keys:
            said = asked(catalog, "--key", f"env:DEEPCAT_WORKLOAD_{name.upper()}", *way)
            assert json.loads(said)["predictions"] == [2.5]
        assert "[serving/access]" in asked(catalog, *way, ok=False)
    monkeypatch.setenv("DEEPCAT_KEY", keys["bob"])
    assert json.loads(asked(catalog))["predictions"] == [2.5]
    assert "[secret/reference]" in asked(catalog, "--key", keys["ada"], ok=False)

    began = servers(catalog)
    wish(catalog, of("ada"))
    assert "access.keys.bob" in catalog.apply()
    assert "[serving/access]" in asked(catalog, ok=False)
    assert servers(catalog) == began
    assert json.loads(asked(catalog, "--key", "env:DEEPCAT_WORKLOAD_ADA"))["predictions"] == [2.5]

    new = new_key("ada")[0]
    monkeypatch.setenv("DEEPCAT_WORKLOAD_ADA", new)
    assert "access.keys.ada" in catalog.apply()
    monkeypatch.setenv("DEEPCAT_KEY", keys["ada"])
    assert "[serving/access]" in asked(catalog, ok=False)
    monkeypatch.setenv("DEEPCAT_KEY", new)
    assert json.loads(asked(catalog))["predictions"] == [2.5]
    assert servers(catalog) == began
    assert "Nothing to do" in catalog.apply()

    place = PLACE.format(USER)
    modes = catalog.host.run(f"stat -c '%a %U %n' {place}/access/* {place}/access/*/*")
    assert {tuple(line.split()[:2]) for line in modes.splitlines()} == {
        ("700", USER), ("600", USER),
    }  # fmt: skip
    for key in (*keys.values(), new):
        found = catalog.host.run(f"grep -rlsF -e {key} /home/{USER} /tmp || true")
        assert found == ""
        assert not [path for path in files(catalog) if key.encode() in path.read_bytes()]

    wish(catalog, None)
    assert "5 samples passed" in catalog.apply()
    monkeypatch.delenv("DEEPCAT_KEY")
    assert json.loads(asked(catalog))["predictions"] == [2.5]
    assert catalog.host.run(f"ls -d {place}/access 2>/dev/null || true") == ""
    catalog.deepcat("destroy", "demo", "--yes")
    assert catalog.there()[1] == []


def test_tokens_on_a_bare_host_and_containers_refused_by_name(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = catalog.root / "deepcat.yaml"
    settings.write_text(settings.read_text() + "allowed_network: [half-plus-two]\n")
    with issuer(inside(catalog.host.pid)) as provider:
        oidc = {"issuer": provider.url, "audience": "deepcat", "groups": ["vo.example"]}
        certified(catalog, monkeypatch, "first")
        wish(catalog, {"oidc": oidc, "tls": TLS})
        step = f"shows a token by TLS 1.3 or newer: tokens of {provider.url} in vo.example"
        assert step in catalog.deepcat("plan")
        assert "5 samples passed" in catalog.apply()
        monkeypatch.setenv("DEEPCAT_KEY", provider.token(groups=["vo.example"]))
        for way in ((), ("--grpc",)):
            assert json.loads(asked(catalog, *way))["predictions"] == [2.5]
        monkeypatch.setenv("DEEPCAT_KEY", provider.token(groups=["vo.else"]))
        assert "403" in asked(catalog, ok=False)
        monkeypatch.setenv("DEEPCAT_KEY", provider.token(groups=["vo.example"], aud="another"))
        assert "[serving/access]" in asked(catalog, ok=False)
        monkeypatch.delenv("DEEPCAT_KEY")
        assert "[serving/access]" in asked(catalog, ok=False)
        assert '"rest": "https://127.0.0.1:' in catalog.deepcat("status", "--json")
        began = servers(catalog)
        certified(catalog, monkeypatch, "second")
        assert "access.tls: the certificate so far → another certificate" in catalog.apply()
        assert servers(catalog) == began
        monkeypatch.setenv("DEEPCAT_KEY", provider.token(groups=["vo.example"]))
        for way in ((), ("--grpc",)):
            assert json.loads(asked(catalog, *way))["predictions"] == [2.5]
        private = os.environ["DEEPCAT_WORKLOAD_TLS_KEY"].splitlines()[1]
        where = catalog.host.run(f"grep -rlsF -e {private} /home/{USER} /tmp")
        assert where.split("/")[-1] == "private-key.pem\n"
        assert catalog.host.run(f"stat -c '%a %U' {where}") == f"600 {USER}\n"
    catalog.deepcat("destroy", "demo", "--yes")
    path = catalog.root / "clouds" / "bare.yaml"
    data = json.loads(path.read_text())
    data["ssh"]["image"] = f"docker.io/tensorflow/serving@sha256:{'0' * 64}"
    path.write_text(json.dumps(data))
    catalog.commit()
    plan = catalog.deepcat("plan", ok=False)
    assert "nothing carries out `access`, `access.oidc` and `access.tls` there" in plan
    wish(catalog, of("ada"))
    assert "nothing carries out `access` there" in catalog.deepcat("plan", ok=False)
    del data["ssh"]["image"]
    data["ssh"]["proxy"] = {"name": "m.example.org", "certificate": "/c.pem", "key": "/k.pem"}
    path.write_text(json.dumps(data))
    wish(catalog, {"tls": TLS})
    assert "nothing carries out `access.tls` there" in catalog.deepcat("plan", ok=False)


def files(catalog: Catalog) -> Iterator[Path]:
    """All below the catalog's folder, Git's own among them."""
    for folder, _, names in os.walk(catalog.root):
        for path in (Path(folder, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path
