"""Who may call, as a wish says it: on the real server of a real run."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from tests.rigs.credentials import Authority, issuer

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.errors import DeepcatError
from deepcat.host.model_server.keys import fingerprint
from deepcat.host.supervisor import Supervisor
from deepcat.loop.deployments import ask
from deepcat.loop.jobs import jobs
from deepcat.loop.observed import as_it_is
from deepcat.loop.world import gather
from deepcat.plan.values import Action
from deepcat.records.journal import RecordJournal
from deepcat.runs.execute import execute
from deepcat.runs.folders import new_run
from deepcat.runs.values import Ground
from deepcat.serving.server.keys import new_key

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.slow,
    pytest.mark.starts("Ansible", "supervisord", "deepcat serve"),
]
MODEL = "/v1/models/half-plus-two"
ASKED = f"{MODEL}:predict"
# Each face of the server, and what tells of it.
PATHS = (
    ("POST", ASKED), ("GET", MODEL), ("GET", f"{MODEL}/metadata"),
    ("GET", "/v2/"), ("GET", "/v2/models/"), ("POST", "/v2/models/half-plus-two/predict/"),
    ("GET", "/swagger.json"), ("GET", "/ui"), ("GET", "/v2"), ("GET", "/v2/models/half-plus-two"),
    ("GET", "/v2/health/ready"), ("GET", "/v2/health/live"), ("GET", "/openapi.json"),
    ("GET", "/v2/models/half-plus-two/ready"), ("POST", "/v2/models/half-plus-two/infer"),
    ("GET", "/monitoring/prometheus/metrics"), ("GET", "/"), ("GET", "/nowhere"),
)  # fmt: skip


# Each service that answers by gRPC, and of whom nothing is told without a key.
METHODS = (
    "tensorflow.serving.PredictionService/Predict",
    "tensorflow.serving.PredictionService/GetModelMetadata",
    "tensorflow.serving.PredictionService/Classify",
    "tensorflow.serving.ModelService/GetModelStatus",
    "tensorflow.serving.ModelService/HandleReloadConfigRequest",
    "inference.GRPCInferenceService/ServerLive",
    "inference.GRPCInferenceService/ModelReady",
    "inference.GRPCInferenceService/ModelMetadata",
    "inference.GRPCInferenceService/ModelInfer",
)


def by_grpc(port: int, method: str, *metadata: tuple[str, str]) -> str:
    """How a call without a message ends."""
    import grpc

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            channel.unary_unary(f"/{method}")(b"", timeout=60, metadata=metadata)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


def keyed(monkeypatch: pytest.MonkeyPatch, *names: str) -> dict[str, str]:
    """New keys, each where its reference says that it lies."""
    made = {name: new_key(name)[0] for name in names}
    for name, key in made.items():
        monkeypatch.setenv(f"DEEPCAT_WORKLOAD_{name.upper()}", key)
    return made


def wish(catalog: Any, access: dict[str, Any] | None) -> None:
    """Say in the wish who may call."""
    lines = catalog.deployment.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("access:")]
    said = [f"access: {json.dumps(access)}"] if access else []
    catalog.deployment.write_text("\n".join([*kept, *said, ""]))
    catalog.commit()


def of(*names: str, **more: Any) -> dict[str, Any]:
    keys = {name: {"secret": f"env:DEEPCAT_WORKLOAD_{name.upper()}"} for name in names}
    return {"keys": keys, **more}


def applied(catalog: Any) -> None:
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures


def status(port: int, key: str = "", verb: str = "POST", path: str = ASKED, **headers: str) -> int:
    """What one who shows a key is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    if key:
        named["Authorization"] = f"Bearer {key}"
    body = json.dumps({"instances": [1.0]}) if verb == "POST" else None
    try:
        connection.request(verb, path, body, named)
        return connection.getresponse().status
    finally:
        connection.close()


def processes(catalog: Any) -> dict[str, int]:
    programs = Supervisor(local_folder(catalog.root)).programs()
    return {name: program.pid for name, program in programs.items()}


def kept_anywhere(catalog: Any, text: str) -> list[str]:
    """Files below the catalog's folder, Git's own among them, that hold a text."""
    found = []
    for folder, _, names in os.walk(catalog.root):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(catalog.root)))
    return found


def test_keys_come_change_and_go_without_a_new_start(
    catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keyed(monkeypatch, "ada", "bob")
    wish(catalog, of("ada", "bob"))
    applied(catalog)
    port = catalog.rest_port
    assert [status(port, keys[name]) for name in ("ada", "bob")] == [200, 200]
    assert status(port) == 401
    began = processes(catalog)

    wish(catalog, of("ada"))
    change = catalog.changes()["demo"]
    assert change.action is Action.UPDATE
    assert [cause.property for cause in change.causes] == ["access.keys.bob"]
    assert "let in who shows a key: the keys of ada" in change.steps
    applied(catalog)
    assert status(port, keys["bob"]) == 401
    assert status(port, keys["ada"]) == 200
    assert processes(catalog) == began

    files = list((local_folder(catalog.root) / "demo" / "access").rglob("*"))
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o700", "0o600"}
    assert not [each for key in keys.values() for each in kept_anywhere(catalog, key)]

    wish(catalog, None)
    assert catalog.changes()["demo"].action is Action.REPLACE
    applied(catalog)
    assert status(port) == 200
    assert not (local_folder(catalog.root) / "demo" / "access").exists()
    assert catalog.destroy()[0].ok
    assert catalog.is_clean()


def test_a_stranger_gets_nothing_on_any_path(catalog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = keyed(monkeypatch, "ada")["ada"]
    wish(catalog, of("ada", origins=["https://example.org"]))
    applied(catalog)
    port = catalog.rest_port
    for verb, path in PATHS:
        assert status(port, verb=verb, path=path) == 401, path
        for asked in (f"{path}?key={key}", f"{path}?api_key={key}", f"{path}?access_token={key}"):
            assert status(port, verb=verb, path=asked) == 401, asked
        assert status(port, key, verb, path) != 401, path
    grpc_port = int(catalog.record.state.endpoints["grpc"].rpartition(":")[2])
    for method in METHODS:
        assert by_grpc(grpc_port, method) == "UNAUTHENTICATED", method
        assert by_grpc(grpc_port, method, ("key", key)) == "UNAUTHENTICATED", method
        assert by_grpc(grpc_port, method, ("x-api-key", key)) != "UNAUTHENTICATED", method
    assert by_grpc(grpc_port, "grpc.health.v1.Health/Check") == "OK"
    assert [status(port, verb="GET", path=path) for path in ("/healthz", "/readyz")] == [200, 200]
    assert status(port, Cookie=f"x-api-key={key}") == 401
    assert status(port, verb="OPTIONS", Origin="https://example.org") == 204
    log = "".join(path.read_text() for path in local_folder(catalog.root).rglob("*.log"))
    assert key not in log
    (log_of_ours,) = [catalog.record.state.resources["logs"]]
    assert all(key not in Path(each).read_text() for each in log_of_ours)
    assert not re.search("dck_", json.dumps(catalog.record.state.access))
    assert catalog.destroy()[0].ok


def test_what_the_wish_names_without_carrying_it_out_is_refused(
    catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    oidc = {"issuer": "https://login.example.org", "audience": "deepcat"}
    settings = (catalog.root / "deepcat.yaml").read_text()
    (catalog.root / "deepcat.yaml").write_text(f"{settings}access: {json.dumps(of('ada'))}\n")
    wish(catalog, None)
    step = "let in who shows a key: the keys of ada (as deepcat.yaml says)"
    assert step in catalog.changes()["demo"].steps
    wish(catalog, {"open": True})
    assert not [each for each in catalog.changes()["demo"].steps if "let in" in each]
    (catalog.root / "deepcat.yaml").write_text(settings)

    wish(catalog, {"oidc": oidc})
    (why,) = catalog.gather().held["demo"]
    assert "may not call out" in why and "allowed_network" in why and "[plan/access]" in why

    monkeypatch.setenv("DEEPCAT_WORKLOAD_ADA", "hunter2")
    wish(catalog, of("ada"))
    (outcome,) = catalog.apply()
    assert [failure.code for failure in outcome.failures] == ["run/key"]
    assert "hunter2" not in outcome.failures[0].message
    monkeypatch.delenv("DEEPCAT_WORKLOAD_ADA")
    (outcome,) = catalog.apply()
    assert [failure.code for failure in outcome.failures] == ["secret/missing"]
    assert catalog.is_clean()


def test_tokens_of_a_provider_and_bounds_of_callers(
    catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keyed(monkeypatch, "ada", "few")
    with (catalog.root / "deepcat.yaml").open("a") as stream:
        stream.write("allowed_network: [half-plus-two]\n")
    access = of("ada", "few", limits={"in_flight": 8})
    access["keys"]["few"]["rate"] = 0.001
    with issuer() as provider:
        access["oidc"] = {"issuer": provider.url, "audience": "deepcat", "groups": ["vo.example"]}
        wish(catalog, access)
        applied(catalog)
        port = catalog.rest_port
        assert status(port, provider.token(groups=["vo.example"])) == 200
        assert status(port, provider.token(groups=["vo.else"])) == 403
        assert status(port, provider.token(groups=["vo.example"], aud="another")) == 401
        assert status(port, keys["ada"]) == 200
        assert [status(port, keys["few"]) for _ in range(2)] == [200, 429]
        assert status(port) == 401
    assert catalog.destroy()[0].ok


def shown(port: int, version: ssl.TLSVersion | None = None) -> str:
    """The sha256 of the certificate that is shown there; empty where nobody speaks so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.maximum_version = version
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as opened,
            context.wrap_socket(opened) as by,
        ):
            return hashlib.sha256(by.getpeercert(binary_form=True) or b"").hexdigest()
    except OSError:
        return ""


def test_the_way_is_encrypted_by_a_certificate_that_is_renewed(
    catalog: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def lies(name: str) -> str:
        """Put a new certificate where the references lead; its sha256."""
        pair = Authority(tmp_path, name).sign("models.example.org", name)
        for part, path in zip(("CERTIFICATE", "KEY"), pair, strict=True):
            monkeypatch.setenv(f"DEEPCAT_WORKLOAD_TLS_{part}", path.read_text())
        return fingerprint(pair[0].read_text())

    key = keyed(monkeypatch, "ada")["ada"]
    first = lies("first")
    tls = {"certificate": "env:DEEPCAT_WORKLOAD_TLS_CERTIFICATE", "minimum": "1.3"}
    wish(catalog, of("ada", tls={**tls, "key": "env:DEEPCAT_WORKLOAD_TLS_KEY"}))
    step = "let in who shows a key by TLS 1.3 or newer: the keys of ada"
    assert step in catalog.changes()["demo"].steps
    applied(catalog)
    state = catalog.record.state
    assert {at.partition("127")[0] for at in state.endpoints.values()} == {"https://"}
    ports = [int(at.rpartition(":")[2]) for at in state.endpoints.values()]
    assert [shown(port) for port in ports] == [first, first]
    assert [shown(port, ssl.TLSVersion.TLSv1_2) for port in ports] == ["", ""]
    asked = {"instances": [1.0]}
    for by_grpc in (False, True):
        said = ask(catalog.root, state, asked, by_grpc=by_grpc, key=key)
        assert said["predictions"] == [2.5]
        with pytest.raises(DeepcatError, match="lets nobody in"):
            ask(catalog.root, state, asked, by_grpc=by_grpc)
    began = processes(catalog)
    assert as_it_is(catalog.root, gather(catalog.root)).rotated == {}

    second = lies("second")
    world = as_it_is(catalog.root, gather(catalog.root))
    (change,) = world.plan().changes
    assert change.action is Action.UPDATE
    assert [cause.property for cause in change.causes] == ["access.tls"]
    ground = Ground(
        catalog.root, world.tree, world.commit, world.catalog.clouds, RecordJournal(catalog.store)
    )
    (outcome,) = execute(jobs([change], world), ground, new_run())
    assert outcome.ok, outcome.failures
    assert [shown(port) for port in ports] == [second, second]
    assert processes(catalog) == began
    with pytest.raises(DeepcatError, match="another certificate than its deployment was given"):
        ask(catalog.root, state, asked, key=key)
    for by_grpc in (False, True):
        ask(catalog.root, catalog.record.state, asked, by_grpc=by_grpc, key=key)
    private = os.environ["DEEPCAT_WORKLOAD_TLS_KEY"].splitlines()[1]
    (where,) = kept_anywhere(catalog, private)
    assert where.endswith("private-key.pem")
    assert (catalog.root / where).stat().st_mode & 0o777 == 0o600
    assert catalog.destroy()[0].ok
    assert catalog.is_clean()


def test_a_key_that_is_another_by_now_is_given_anew(
    catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = keyed(monkeypatch, "ada")["ada"]
    wish(catalog, of("ada"))
    applied(catalog)
    began = processes(catalog)
    assert as_it_is(catalog.root, gather(catalog.root)).rotated == {}
    new = keyed(monkeypatch, "ada")["ada"]
    world = as_it_is(catalog.root, gather(catalog.root))
    (change,) = world.plan().changes
    assert change.action is Action.UPDATE
    assert [cause.property for cause in change.causes] == ["access.keys.ada"]
    journal = RecordJournal(catalog.store)
    ground = Ground(catalog.root, world.tree, world.commit, world.catalog.clouds, journal)
    (outcome,) = execute(jobs([change], world), ground, new_run())
    assert outcome.ok, outcome.failures
    port = catalog.rest_port
    assert (status(port, old), status(port, new)) == (401, 200)
    assert processes(catalog) == began
    assert as_it_is(catalog.root, gather(catalog.root)).rotated == {}
    monkeypatch.delenv("DEEPCAT_WORKLOAD_ADA")
    assert as_it_is(catalog.root, gather(catalog.root)).rotated == {}
    tag = (local_folder(catalog.root) / "demo" / "owner.json").read_text()
    digest = hashlib.sha256(new.encode()).hexdigest()
    assert digest not in tag and digest[:16] not in tag
    assert not kept_anywhere(catalog, new)
    assert catalog.destroy()[0].ok


def test_a_model_that_fails_leaves_who_may_call_as_the_run_found_it(
    catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keyed(monkeypatch, "ada")
    wish(catalog, of("ada"))
    applied(catalog)
    port, began = catalog.rest_port, processes(catalog)
    catalog.broken_model()
    wish(catalog, None)
    (outcome,) = catalog.apply()
    assert not outcome.ok
    assert (status(port), status(port, keys["ada"])) == (401, 200)
    assert processes(catalog) == began
    kept = list((local_folder(catalog.root) / "demo" / "access").iterdir())
    assert [path.name for path in kept] == list(began)
    assert "the run" not in (kept[0] / "keys.toml").read_text()
    assert catalog.destroy()[0].ok
