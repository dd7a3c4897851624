"""Who may call what a bare host serves: keys that come, change and go, and lie nowhere in clear."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ssh_catalog import Catalog
from ssh_hosts import USER, Hosts

from deepcat.serving.server.keys import new_key

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("hosts with sshd", "Ansible"),
    pytest.mark.system("sshd", "ip", "nsenter"),
    pytest.mark.xdist_group("ssh hosts"),
]
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


def wish(catalog: Catalog, access: dict[str, Any] | None) -> None:
    path = catalog.root / "deployments" / "demo.yaml"
    data = {name: said for name, said in json.loads(path.read_text()).items() if name != "access"}
    path.write_text(json.dumps({**data, **({"access": access} if access else {})}))
    catalog.commit()


def of(*names: str) -> dict[str, Any]:
    return {"keys": {name: {"secret": f"env:DEEPCAT_WORKLOAD_{name.upper()}"} for name in names}}


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


def test_tokens_and_containers_are_refused_by_name(catalog: Catalog) -> None:
    settings = catalog.root / "deepcat.yaml"
    settings.write_text(settings.read_text() + "allowed_network: [half-plus-two]\n")
    wish(catalog, {"oidc": {"issuer": "https://login.example.org", "audience": "deepcat"}})
    assert "nothing carries out `access.oidc` there" in catalog.deepcat("plan", ok=False)
    path = catalog.root / "clouds" / "bare.yaml"
    data = json.loads(path.read_text())
    data["ssh"]["image"] = f"docker.io/tensorflow/serving@sha256:{'0' * 64}"
    path.write_text(json.dumps(data))
    wish(catalog, of("ada"))
    assert "nothing carries out `access` there" in catalog.deepcat("plan", ok=False)


def files(catalog: Catalog) -> Iterator[Path]:
    """All below the catalog's folder, Git's own among them."""
    for folder, _, names in os.walk(catalog.root):
        for path in (Path(folder, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path
