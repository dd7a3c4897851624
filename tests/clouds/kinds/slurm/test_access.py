"""Who may call what a job serves: whoever reaches its node shows a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conformance.stand import Stand
from tests.rigs.credentials import Authority, issuer

from deepcat.serving.server.keys import new_key

pytestmark = [
    pytest.mark.starts("a Slurm, and servers as its jobs"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"),
    pytest.mark.xdist_group("conformance slurm "),
]
TLS = {
    "certificate": "env:DEEPCAT_WORKLOAD_TLS_CERTIFICATE",
    "key": "env:DEEPCAT_WORKLOAD_TLS_KEY",
}
KEYS = {name: {"secret": f"env:DEEPCAT_WORKLOAD_{name.upper()}"} for name in ("ada", "bob")}


def test_a_job_asks_for_keys_and_goes_on_when_they_change(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = {name: new_key(name)[0] for name in KEYS}
    for name, key in keys.items():
        stand.environment[f"DEEPCAT_WORKLOAD_{name.upper()}"] = key
    asked = tmp_path / "asked"
    asked.write_text('{"instances": [1.0]}')
    predict = ("predict", "demo", "--json", "--data", str(asked))
    stand.wish_for("demo", access={"keys": KEYS})
    assert stand.call("apply", "--yes") == 0, stand.said
    assert stand.call(*predict) != 0
    assert "[serving/access]" in stand.said
    for name in KEYS:
        assert stand.call(*predict, "--key", f"env:DEEPCAT_WORKLOAD_{name.upper()}") == 0
        assert '"predictions"' in stand.said
    before = stand.ground.there(stand.root)
    stand.wish_for("demo", access={"keys": {"bob": KEYS["bob"]}})
    assert stand.call("apply", "--yes") == 0, stand.said
    assert stand.ground.there(stand.root) == before
    assert stand.call(*predict, "--key", "env:DEEPCAT_WORKLOAD_ADA") != 0
    assert stand.call(*predict, "--key", "env:DEEPCAT_WORKLOAD_BOB") == 0, stand.said
    settings = stand.root / "deepcat.yaml"
    settings.write_text(settings.read_text() + "allowed_network: [half-plus-two]\n")
    with issuer() as provider:  # the cluster's nodes have this machine's network
        oidc = {"issuer": provider.url, "audience": "deepcat", "groups": ["vo.example"]}
        pair = Authority(tmp_path).sign("models.example.org", "server")
        for part, path in zip(("CERTIFICATE", "KEY"), pair, strict=True):
            stand.environment[f"DEEPCAT_WORKLOAD_TLS_{part}"] = path.read_text()
        stand.wish_for("demo", access={"oidc": oidc, "tls": TLS})
        assert stand.call("apply", "--yes") == 0, stand.said
        for groups, status in ((["vo.example"], 0), (["vo.else"], 1)):
            stand.environment["DEEPCAT_KEY"] = provider.token(groups=groups)
            for way in ((), ("--grpc",)):
                assert stand.call(*predict, *way) == status, stand.said
        assert stand.rows()["demo"]["endpoints"]["rest"].startswith("https://")
    assert json.dumps(keys["bob"]) not in stand.said
