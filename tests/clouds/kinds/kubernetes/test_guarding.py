"""Who may call: what pods are given for it, when it counts, and what of it is left."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from pods.given import Run, cloud, means
from pods.stand_in import NO_NODE, Kept

from deepcat.clouds.kinds.kubernetes import guarding, steps
from deepcat.host.model_server.keys import mark_of

LOGIN = {"server": "https://k:6443", "token": "env:DEEPCAT_TRIAL_TOKEN"}
ASKS = {"asks": True, "in_flight": 3}
PROOF = "p" * 40


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def keys(*held: str, **more: str) -> dict[str, Any]:
    """What a run brings for callers: a key of each name, which is so called, too."""
    return {"keys": [{"name": n, "sha256": digest(n)} for n in held], "proof": PROOF, **more}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(steps, "Cluster", made)
    # Pods in memory answer nobody; `acceptance_access.py` asks real ones.
    monkeypatch.setattr(guarding, "_counts", lambda *_: True)
    monkeypatch.setenv("DEEPCAT_TRIAL_TOKEN", "trial-token-0")
    return made


@pytest.fixture
def run(tmp_path: Any) -> Any:
    return lambda name, *given, **more: Run(
        cloud(LOGIN, "lab"), means(tmp_path), name, *given, **more
    )


def brought(run: Run, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """All of a run that brings keys, as its plays take its steps."""
    begun, *_ = run.step("begin"), run.step("access", keys=given)
    assert not begun.get("failed")
    run.made()
    told = run.step("prove", keys=given)
    assert not told.get("failed"), told
    return run.step("settle", keys=given)


def secret(kept: Kept) -> dict[str, str]:
    """What the secret holds; empty where there is none."""
    found = [each for path, each in kept.held.items() if "/secrets/" in path]
    assert len(found) <= 1
    held = found[0]["data"] if found else {}
    return {name: base64.b64decode(text).decode() for name, text in held.items()}


def owner(kept: Kept, run: Run) -> dict[str, Any]:
    held = steps.Held(kept(run.cloud, run.means), run.means.catalog, run.name)
    held.read()
    return held.owner


def test_pods_read_whose_keys_count_and_the_runs_own_goes_with_it(kept: Kept, run: Any) -> None:
    first = run("r1", access=ASKS)
    first.step("begin")
    assert first.step("access", keys=keys("ada"))["changed"]
    assert digest("ada") in secret(kept)["keys.toml"]
    assert digest(PROOF) in secret(kept)["keys.toml"]
    assert not brought(first, keys("ada")).get("failed")
    assert digest("ada") in secret(kept)["keys.toml"]
    assert digest(PROOF) not in secret(kept)["keys.toml"]
    assert owner(kept, first)["keys"] == {"ada": mark_of(digest("ada"))}
    rest = str([each for path, each in kept.held.items() if "/secrets/" not in path])
    assert digest("ada") not in rest, "a hash lies in the secret alone"


def test_a_pod_is_started_so_that_it_asks(kept: Kept, run: Any) -> None:
    brought(run("r1", access=ASKS), keys("ada"))
    (pod,) = (
        each["spec"]["template"]["spec"]
        for path, each in kept.held.items()
        if "/deployments/" in path
    )
    (server,) = pod["containers"]
    assert {"--keys=/access/keys.toml", "--caller-in-flight=3"} <= set(server["args"])
    assert server["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert server["livenessProbe"]["httpGet"]["path"] == "/healthz"
    (mount,) = (each for each in server["volumeMounts"] if each["name"] == "access")
    assert mount["readOnly"]
    (volume,) = (each for each in pod["volumes"] if each["name"] == "access")
    assert volume["secret"]["secretName"] == kept.names("secrets")[0]
    fetching = pod["initContainers"][0]["volumeMounts"]
    assert "access" not in [each["name"] for each in fetching], "what fetches needs no key"


def test_other_keys_count_without_other_pods(kept: Kept, run: Any) -> None:
    brought(run("r1", access=ASKS), keys("ada"))
    before, state = kept.names("deployments"), secret(kept)
    again = run("r2", access=ASKS)
    again.step("begin")
    assert not again.step("access", keys=keys("ada"))["changed"]
    assert again.step("access", keys=keys("ada", "eve"))["changed"]
    assert not again.step("prove", keys=keys("ada", "eve")).get("failed")
    again.step("settle", keys=keys("ada", "eve"))
    assert kept.names("deployments") == before
    assert secret(kept) != state
    assert owner(kept, again)["keys"].keys() == {"ada", "eve"}
    patched = [path for verb, path in kept.asked if verb == "PATCH"]
    assert patched, "kubelets are told to look"


def test_nothing_is_left_of_keys_once_nobody_is_asked(kept: Kept, run: Any) -> None:
    brought(run("r1", access=ASKS), keys("ada"))
    run("r2").all()
    assert kept.names("secrets") == []
    assert owner(kept, run("r2"))["keys"] == {}


def test_what_fails_leaves_the_keys_of_what_runs(kept: Kept, run: Any) -> None:
    brought(run("r1", access=ASKS), keys("ada"))
    (live,) = kept.names("deployments")
    new = run("r2", b"another", access=ASKS)
    new.step("begin")
    new.step("access", keys=keys("ada"))
    new.made()
    (tried,) = set(kept.names("deployments")) - {live}
    kept.conditions = {tried: NO_NODE}
    assert new.step("prove", keys=keys("ada"))["failed"]
    assert new.step("abandon", keys=keys("ada"))["deepcat"] == {"left": True}
    assert digest("ada") in secret(kept)["keys.toml"]
    assert digest(PROOF) not in secret(kept)["keys.toml"]


def test_a_first_one_that_fails_and_what_goes_leave_no_key(kept: Kept, run: Any) -> None:
    kept.conditions = {"demo": NO_NODE}
    new = run("r1", access=ASKS)
    new.step("begin")
    new.step("access", keys=keys("ada"))
    new.made()
    assert new.step("prove", keys=keys("ada"))["failed"]
    assert new.step("abandon", keys=keys("ada"))["deepcat"] == {"left": False}
    assert kept.held == {}
    kept.conditions = {}
    brought(run("r2", access=ASKS), keys("ada"))
    assert run("r3").step("delete")["changed"]
    assert kept.held == {}


def test_the_way_is_encrypted_by_the_certificate_that_came(kept: Kept, run: Any) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    given = keys("ada", certificate=pem, private_key="-----BEGIN PRIVATE KEY-----\n")
    settled = brought(run("r1", access={**ASKS, "tls": "1.3"}), given)
    assert secret(kept).keys() == {"keys.toml", "certificate.pem", "private-key.pem"}
    found = settled["deepcat"]
    assert found["endpoints"]["rest"].startswith("https://demo-")
    assert found["endpoints"]["grpc"].startswith("https://demo-")
    assert found["resources"]["certificate"] == [
        hashlib.sha256(base64.b64decode("MAA=")).hexdigest()
    ]
    assert owner(kept, run("r1"))["keys"].keys() == {"ada", ""}
    (pod,) = (
        each["spec"]["template"]["spec"]
        for path, each in kept.held.items()
        if "/deployments/" in path
    )
    (server,) = pod["containers"]
    assert server["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert "--minimum-tls=1.3" in server["args"]


def test_websites_alone_need_no_secret(kept: Kept, run: Any) -> None:
    run("r1", access={"asks": False, "origins": ["https://a.example"]}).all()
    assert kept.names("secrets") == []
    (flags,) = (
        each["spec"]["template"]["spec"]["containers"][0]["args"]
        for path, each in kept.held.items()
        if "/deployments/" in path
    )
    assert "--allow-origin=https://a.example" in flags


def test_a_server_that_asks_a_provider_may_reach_it(kept: Kept, run: Any) -> None:
    oidc = {"asks": True, "issuer": "https://id.example:8443/x", "audience": "a"}
    brought(run("r1", access=oidc), keys())
    (policy,) = (each for path, each in kept.held.items() if "/networkpolicies/" in path)
    assert [each["port"] for each in policy["spec"]["egress"][0]["ports"]] == [53, 53, 8443]
