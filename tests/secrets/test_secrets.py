"""References are resolved, and nothing that was resolved is ever shown."""

from __future__ import annotations

import base64
import http.server
import io
import json
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.errors import DeepcatError
from deepcat.plan import secret_lookups
from deepcat.secrets import mask, reference, resolve

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs" / "oidc"))

from oidc_server import SUBJECT, provider

VALUE = 'c4n4ry"/+é secret'


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    mask.forget()
    yield
    mask.forget()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env:TOKEN", ("env", "TOKEN", "")),
        ("vault:secret/data/clouds/x#token", ("vault", "secret/data/clouds/x", "token")),
        ("file:/run/secrets/a#b", ("file", "/run/secrets/a#b", "")),
        ("TOKEN", None),
        ("env:", None),
        ("env:A B", None),
        ("env:A\n", None),
        ("http://example.org", None),
        (3, None),
    ],
)
def test_a_reference_is_told_from_a_value(
    text: object, expected: tuple[str, str, str] | None
) -> None:
    found = reference.parse(text)
    assert found == (reference.Reference(*expected) if expected else None)
    assert found is None or str(found) == text


def test_environment_and_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{VALUE}\n")
    assert resolve.resolve("env:TOKEN", {"TOKEN": VALUE}) == VALUE
    assert resolve.resolve("file:~/token", {"HOME": str(tmp_path)}) == VALUE
    assert resolve.resolve(f"file:{tmp_path}/token", {}) == VALUE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hunter2-hunter2", "secret/reference"),
        ("env:NOT_THERE", "secret/missing"),
        ("file:relative", "secret/missing"),
        ("file:/nonexistent/secret", "secret/missing"),
        ("env:GITHUB_TOKEN", "secret/forbidden"),
        ("env:ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret/forbidden"),
        ("vault:secret/data/x#y", "secret/missing"),
        ("oidc:cloud", "secret/missing"),
    ],
)
def test_what_cannot_be_resolved_is_said_without_the_value(text: str, code: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        resolve.resolve(text, {"GITHUB_TOKEN": "ghs_value"})
    assert caught.value.code == code
    assert "hunter2" not in caught.value.message
    assert "ghs_value" not in caught.value.message


def test_a_workload_gets_only_what_is_meant_for_workloads(tmp_path: Path) -> None:
    given_ = {"DEEPCAT_WORKLOAD_KEY": VALUE, "CLOUD_TOKEN": "other value"}
    assert resolve.resolve("env:DEEPCAT_WORKLOAD_KEY", given_, for_workload=True) == VALUE
    for text in ("env:CLOUD_TOKEN", f"file:{tmp_path}", "vault:secret/data/x#y"):
        with pytest.raises(DeepcatError) as caught:
            resolve.resolve(text, given_, for_workload=True)
        assert caught.value.code == "secret/forbidden"


SPELLINGS = {
    "plain": VALUE,
    "json": json.dumps({"a": VALUE}),
    "json, not ascii": json.dumps({"a": VALUE}, ensure_ascii=False),
    "python": repr([VALUE]),
    "address": urllib.parse.quote(VALUE, safe=""),
    "form": urllib.parse.urlencode({"a": VALUE}),
    "base64": base64.b64encode(VALUE.encode()).decode(),
    "basic": base64.b64encode(f"user:{VALUE}".encode()).decode(),
    "basic, one more": base64.b64encode(f"users:{VALUE}!".encode()).decode(),
    "basic, two more": base64.urlsafe_b64encode(f"useres:{VALUE}!!".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_secret_is_masked(spelling: str) -> None:
    resolve.resolve("env:TOKEN", {"TOKEN": VALUE})
    masked = mask.mask(f"before {SPELLINGS[spelling]} after")
    assert mask.MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "c4n4ry" not in masked
    for start in range(3):
        core = base64.b64encode(VALUE.encode()[start:15]).decode()[:12]
        assert core not in masked


def test_each_line_of_a_key_is_masked() -> None:
    key = "-----BEGIN KEY-----\nQUJDREVGR0hJSktM\nTU5PUFFSU1RVVldY\n-----END KEY-----\n"
    resolve.resolve("env:KEY", {"KEY": key})
    assert "QUJDREVG" not in mask.mask("log: QUJDREVGR0hJSktM")


def test_data_is_masked_all_through() -> None:
    resolve.resolve("env:TOKEN", {"TOKEN": VALUE})
    masked = mask.mask_data({"a": [VALUE, 1, None], f"k {VALUE}": (VALUE,)})
    assert masked == {
        "a": [mask.MASK, 1, None],
        f"k {mask.MASK}": [mask.MASK],
    }


def test_a_masked_stream_lets_nothing_through() -> None:
    below = io.StringIO()
    stream = mask.MaskedStream(below)
    resolve.resolve("env:TOKEN", {"TOKEN": VALUE})
    assert stream.write(f"token={VALUE}\n") == len(VALUE) + 7
    stream.writelines([VALUE, "\n"])
    stream.flush()
    assert below.getvalue() == f"token={mask.MASK}\n{mask.MASK}\n"


@given(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4), st.text(), st.text())
def test_no_secret_survives_masking(value: str, before: str, after: str) -> None:
    mask.forget()
    mask.remember(value)
    assert value.strip() not in mask.mask(before + value + after).replace(mask.MASK, "")


def test_ansible_looks_up_by_itself_and_takes_no_template_from_a_name() -> None:
    found = reference.parse("vault:secret/data/x#token")
    assert found
    assert (
        secret_lookups.ansible_expression(found)
        == "{{ lookup('community.hashi_vault.hashi_vault', 'secret/data/x:token') }}"
    )
    for name in ("A')}}{{lookup('pipe','id", "{{x}}", "a\\'"):
        with pytest.raises(DeepcatError):
            secret_lookups.ansible_expression(reference.Reference("env", name))
    with pytest.raises(DeepcatError):
        secret_lookups.ansible_expression(reference.Reference("oidc", "x"))


@pytest.fixture
def answering() -> Iterator[tuple[str, dict[str, object], list[tuple[str, Mapping[str, str]]]]]:
    """A server on the loopback: path -> JSON answer, and what it was asked."""
    answers: dict[str, object] = {}
    asked: list[tuple[str, Mapping[str, str]]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            found = answers.get(self.path)
            data = json.dumps(found or {"errors": []}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", answers, asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.starts("a server")
@pytest.mark.parametrize("wrapped", [True, False])
def test_vault_is_asked_through_its_own_client(answering: tuple, wrapped: bool) -> None:
    url, answers, asked = answering
    data = {"token": VALUE}
    answers["/v1/secret/data/clouds/x"] = {"data": {"data": data} if wrapped else data}
    given_ = {"VAULT_ADDR": url, "VAULT_TOKEN": "vault-own-token"}
    assert resolve.resolve("vault:secret/data/clouds/x#token", given_) == VALUE
    assert asked[0][1]["X-Vault-Token"] == "vault-own-token"
    assert mask.mask("vault-own-token") == mask.MASK
    for text in ("vault:secret/data/clouds/x#other", "vault:secret/data/none#token"):
        with pytest.raises(DeepcatError) as caught:
            resolve.resolve(text, given_)
        assert caught.value.code == "secret/missing"


@pytest.mark.starts("a server")
def test_a_workflow_s_own_identity_is_a_token_that_the_cloud_can_check() -> None:
    import jwt

    with provider() as found:
        token = resolve.resolve("oidc:https://cloud.example", found.environment)
        # As a cloud does it: the issuer's own document names the keys.
        with urllib.request.urlopen(f"{found.url}/.well-known/openid-configuration") as answer:
            keys = jwt.PyJWKClient(json.load(answer)["jwks_uri"])
        key = keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token, key, ["RS256"], audience="https://cloud.example", issuer=found.url
        )
        assert claims["sub"] == SUBJECT
        for value in (token, found.request_token):
            assert mask.mask(f"x {value} y") == f"x {mask.MASK} y"
        wrong = found.environment | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another-one"}
        with pytest.raises(DeepcatError) as caught:
            resolve.resolve("oidc:https://cloud.example", wrong)
        assert caught.value.code == "secret/missing"
        assert len(found.refused) == 1


@pytest.mark.parametrize("url", ["", "http://elsewhere.example/", "file:///etc/passwd"])
def test_the_runner_s_token_is_shown_to_no_other_place(url: str) -> None:
    given_ = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x" * 9}
    with pytest.raises(DeepcatError) as caught:
        resolve.resolve("oidc:cloud", given_)
    assert caught.value.code == "secret/missing"


def test_what_a_workload_s_look_up_needs_is_given_and_nothing_else() -> None:
    environment = {
        "DEEPCAT_WORKLOAD_A": "value-a", "DEEPCAT_WORKLOAD_B": "value-b", "CLOUD": "value-c",
        "VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "vault-own-token",
        "DEEPCAT_WORKLOAD_VAULT": "secret/data/workloads",
    }  # fmt: skip

    def needs(*texts: str) -> dict[str, str]:
        return resolve.environment(
            [r for text in texts if (r := reference.parse(text))], environment
        )

    assert needs("env:DEEPCAT_WORKLOAD_A") == {"DEEPCAT_WORKLOAD_A": "value-a"}
    assert set(needs("vault:secret/data/workloads/x#k")) == {"VAULT_ADDR", "VAULT_TOKEN"}
    assert mask.mask("value-a vault-own-token") == f"{mask.MASK} {mask.MASK}"
    for text in (
        "env:CLOUD", "env:DEEPCAT_WORKLOAD_VAULT", "file:/x", "oidc:x", "vault:secret/data/x#k",
        "vault:secret/data/workloads/../x#k", "vault:secret/data/workloads2/x#k",
        "vault:secret/data/workloads/x",
    ):  # fmt: skip
        with pytest.raises(DeepcatError) as caught:
            needs(text)
        assert caught.value.code == "secret/forbidden"
    del environment["DEEPCAT_WORKLOAD_VAULT"]
    with pytest.raises(DeepcatError):
        needs("vault:secret/data/workloads/x#k")
