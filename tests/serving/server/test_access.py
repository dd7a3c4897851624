"""Who may call: keys, tokens and certificates, each of a real server."""

from __future__ import annotations

import datetime
import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.rigs.credentials import Authority, Issuer, issuer
from waiting import until

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

PATH = "/v1/models/half:predict"
BODY = {"instances": [1.0]}
ANSWER = {"predictions": [2.5]}


def new_key(name: str) -> tuple[str, str]:
    """A key and its lines, as `deepcat serve` makes them."""
    words = [sys.executable, "-m", "deepcat", "serve", "--new-key", name]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    first, _, lines = said.partition("\n")
    key = first.rpartition(" ")[2]
    assert key not in lines
    return key, lines


@pytest.fixture(scope="module")
def provider() -> Iterator[Issuer]:
    with issuer() as made:
        yield made


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A file of keys, and the keys by their names."""
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    made = {name: new_key(name) for name in ("ada", "few", "old")}
    tomorrow = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(2)
    more = {
        "ada": f"expires = {tomorrow}",
        "few": "rate = 0.01",
        "old": "expires = 2026-01-01",
    }
    path.write_text("".join(f"{lines}{more[name]}\n" for name, (_, lines) in made.items()))
    return path, {name: key for name, (key, _) in made.items()}


@pytest.fixture(scope="module")
def guarded(models: Path, start_server: Callable[..., Any], keys: Any, provider: Issuer) -> Any:
    return start_server(
        *("--model", f"half={models / 'half_plus_two_tf1'}", "--keys", str(keys[0])),
        *("--oidc-issuer", provider.url, "--oidc-audience", "deepcat"),
        *("--oidc-group", "vo.example", "--oidc-group", "vo.other"),
        *("--allow-origin", "https://example.org"),
    )


def ask(server: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask("POST", PATH, json.dumps(BODY), named)


def ask_grpc(server: Any, **metadata: str) -> str:
    import grpc
    import numpy as np

    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half"
    request.inputs["x"].CopyFrom(to_proto(np.array([1.0], np.float32)))
    named = [(name.replace("_", "-"), value) for name, value in metadata.items()]
    try:
        server.stub("PredictionService").Predict(request, timeout=60, metadata=named)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


def test_a_key(guarded: Any, keys: Any) -> None:
    key = keys[1]["ada"]
    for headers in ({"X_API_Key": key}, {"Authorization": f"Bearer {key}"}):
        answer = ask(guarded, **headers)
        assert (answer.status, answer.json) == (200, ANSWER)
    assert ask_grpc(guarded, x_api_key=key) == "OK"
    assert ask_grpc(guarded, authorization=f"Bearer {key}") == "OK"


def test_nobody_and_strangers(guarded: Any, keys: Any) -> None:
    ada, old = keys[1]["ada"], keys[1]["old"]
    digest = keys[0].read_text().split('"')[1]
    for headers in (
        {},
        {"X_API_Key": ada[:-1]},
        {"X_API_Key": digest},
        {"X_API_Key": old},
        {"X_API_Key": ""},
        {"Authorization": ada},
        {"Authorization": f"Basic {ada}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer é.é.é".encode().decode("latin-1")},
    ):
        answer = ask(guarded, **headers)
        assert answer.status == 401, headers
        assert answer.headers["www-authenticate"] == "Bearer"
    assert ask_grpc(guarded) == "UNAUTHENTICATED"
    assert ask_grpc(guarded, x_api_key="dck_no") == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", ["/v1/models/half", "/monitoring/prometheus/metrics", "/nowhere"])
def test_nothing_else_is_told_to_nobody(guarded: Any, path: str) -> None:
    assert guarded.ask("GET", path).status == 401


def test_what_everybody_is_told(guarded: Any) -> None:
    assert guarded.ask("GET", "/healthz").status == 200
    assert guarded.ask("GET", "/readyz").body == b"ok\n"
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    answer = guarded.ask("OPTIONS", PATH, b"", asked)
    assert answer.status == 204
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_a_key_has_bounds_of_its_own(guarded: Any, keys: Any) -> None:
    assert ask(guarded, X_API_Key=keys[1]["few"]).status == 200
    answer = ask(guarded, X_API_Key=keys[1]["few"])
    assert answer.status == 429
    assert 50 <= int(answer.headers["retry-after"]) <= 100
    assert ask_grpc(guarded, x_api_key=keys[1]["few"]) == "RESOURCE_EXHAUSTED"
    assert ask(guarded, X_API_Key=keys[1]["ada"]).status == 200


def test_a_file_of_keys_is_read_again(guarded: Any, keys: Any) -> None:
    path = keys[0]
    before = path.read_text()
    key, lines = new_key('eve and "others"')
    assert ask(guarded, X_API_Key=key).status == 401
    path.write_text(before + lines)
    until(lambda: ask(guarded, X_API_Key=key).status == 200)
    path.write_text("nothing of the kind")

    def told() -> bool:
        assert ask(guarded, X_API_Key=key).status == 200
        return "the file of keys cannot be read" in guarded.log.read_text()

    until(told)
    path.write_text(before)
    until(lambda: ask(guarded, X_API_Key=key).status == 401)


def test_a_token(guarded: Any, provider: Issuer) -> None:
    token = provider.token()
    assert ask(guarded, Authorization=f"Bearer {token}").json == ANSWER
    assert ask_grpc(guarded, authorization=f"Bearer {token}") == "OK"
    asked = provider.asked
    for subject in ("b", "c", "d"):
        assert ask(guarded, Authorization=f"Bearer {provider.token(sub=subject)}").status == 200
    assert provider.asked == asked


NO_GROUP = ({"groups": ["vo.third"]}, {"groups": None}, {"groups": {"vo.example": 1}})
NO_TOKEN: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "other"},
    "another issuer": {"iss": "https://example.org"},
    "out of date": {"exp": 1_000_000_000},
    "without an end": {"exp": None},
    "of nobody": {"sub": None},
    "of tomorrow": {"nbf": 4_000_000_000},
    "signed with a secret": {"alg": "HS256", "key": "x" * 64},
    "not signed": {"alg": "none"},
    "signed with a key that is published by nobody": {"kid": "stranger"},
}


@pytest.mark.parametrize("claims", NO_GROUP)
def test_a_token_of_another_group(guarded: Any, provider: Issuer, claims: dict[str, Any]) -> None:
    token = provider.token(**claims)
    assert ask(guarded, Authorization=f"Bearer {token}").status == 403
    assert ask_grpc(guarded, authorization=f"Bearer {token}") == "PERMISSION_DENIED"


@pytest.mark.parametrize("what", NO_TOKEN)
def test_a_token_that_does_not_count(guarded: Any, provider: Issuer, what: str) -> None:
    token = provider.token(**NO_TOKEN[what])
    assert ask(guarded, Authorization=f"Bearer {token}").status == 401
    assert ask_grpc(guarded, authorization=f"Bearer {token}") == "UNAUTHENTICATED"


def test_a_token_that_was_changed(guarded: Any, provider: Issuer) -> None:
    head, claims, signature = provider.token().split(".")
    other = provider.token(sub="root").split(".")[1]
    for token in (f"{head}.{other}.{signature}", f"{head}.{claims}.", f"{head}.{claims}.AAAA"):
        assert ask(guarded, Authorization=f"Bearer {token}").status == 401


def test_the_issuer_changes_its_keys(models: Path, start_server: Callable[..., Any]) -> None:
    with issuer() as made:
        server = start_server(
            *("--model", f"half={models / 'half_plus_two_tf1'}", "--no-grpc"),
            *("--oidc-issuer", made.url, "--oidc-audience", "deepcat"),
        )
        made.answers = False
        answer = ask(server, Authorization=f"Bearer {made.token()}")
        assert (answer.status, "issuer" in answer.json["error"]) == (503, True)
        made.answers = True
        until(lambda: ask(server, Authorization=f"Bearer {made.token()}").status == 200)
        made.rotate()
        until(lambda: ask(server, Authorization=f"Bearer {made.token(sub='b')}").status == 200)
        asked = made.asked
        for number in range(30):
            stranger = made.token(kid=f"stranger-{number}")
            assert ask(server, Authorization=f"Bearer {stranger}").status == 401
        assert made.asked - asked <= 5  # no oftener than every ten seconds
        assert "Traceback" not in server.log.read_text()


class Pinned:
    """A server with certificates, and how to call it."""

    def __init__(self, folder: Path, authority: Authority, running: Any) -> None:
        self.folder, self.authority, self.running = folder, authority, running

    def ask(self, authority: Authority, files: tuple[Path, Path] | None) -> int:
        context = ssl.create_default_context(cafile=authority.path)
        if files:
            context.load_cert_chain(*files)
        port = int(self.running.line.split("https://127.0.0.1:")[1].split()[0])
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
        try:
            connection.request("POST", PATH, json.dumps(BODY))
            return connection.getresponse().status
        except (ssl.SSLError, ConnectionError):
            return 0
        finally:
            connection.close()

    def ask_grpc(self, authority: Authority, files: tuple[Path, Path] | None) -> str:
        import grpc

        from deepcat.serving.contract.protos import (
            get_model_status_pb2,
            model_service_pb2_grpc,
        )

        certificate, key = (path.read_bytes() for path in files) if files else (None, None)
        credentials = grpc.ssl_channel_credentials(authority.path.read_bytes(), key, certificate)
        where = self.running.line.split("grpcs://")[1].split()[0]
        # Each connection shakes hands anew.
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.secure_channel(where, credentials, options) as channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "half"
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            try:
                stub.GetModelStatus(request, timeout=120)
            except grpc.RpcError as error:
                return str(error.code().name)
            return "OK"


@pytest.fixture
def pinned(models: Path, start_server: Callable[..., Any], tmp_path: Path) -> Pinned:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("server", "server")
    running = start_server(
        *("--model", f"half={models / 'half_plus_two_tf1'}"),
        *("--certificate", str(certificate), "--private-key", str(key)),
        *("--client-ca", str(authority.path)),
    )
    return Pinned(tmp_path, authority, running)


def test_certificates(pinned: Pinned) -> None:
    client = pinned.authority.sign("client", "client")
    stranger = Authority(pinned.folder, "other").sign("client", "stranger")
    assert pinned.ask(pinned.authority, client) == 200
    assert pinned.ask_grpc(pinned.authority, client) == "OK"
    for nobody in (None, stranger):
        assert pinned.ask(pinned.authority, nobody) == 0
        assert pinned.ask_grpc(pinned.authority, nobody) == "UNAVAILABLE"
    # Renewed by another authority, which signs its clients, too; then broken.
    new = Authority(pinned.folder, "new")
    renewed = new.sign("client", "renewed")
    new.sign("server", "server")
    pinned.authority.path.write_bytes(new.path.read_bytes())
    until(lambda: pinned.ask(new, renewed) == 200)
    until(lambda: pinned.ask_grpc(new, renewed) == "OK")
    assert pinned.ask(new, client) == 0
    assert pinned.ask_grpc(new, client) == "UNAVAILABLE"
    (pinned.folder / "server.key").write_text("no key")
    until(lambda: pinned.ask(new, renewed) == 200 and log_says(pinned, "cannot be used"))
    assert pinned.ask_grpc(new, renewed) == "OK"
    assert "Traceback" not in pinned.running.log.read_text()
    assert pinned.running.stop() == 0


def log_says(pinned: Pinned, words: str) -> bool:
    return words in pinned.running.log.read_text()
