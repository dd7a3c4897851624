"""The REST client against a real server, and against none."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.serving.client.rest import Client


@pytest.mark.tensorflow
def test_asks_a_server(linear: Any) -> None:
    client = Client(linear.url + "/")
    assert client.call("linear", "predict", {"instances": [1.0]}) == {"predictions": [2.5]}
    assert client.call("linear", "predict", {"inputs": 1.0}, version=123) == {"outputs": 2.5}
    body = {"signature_name": "regress_x_to_y", "examples": [{"x": 2.0}]}
    assert client.call("linear", "regress", body) == {"results": [3.0]}
    states = client.status("linear", 123)["model_version_status"]
    assert [state["state"] for state in states] == ["AVAILABLE"]
    signatures = client.metadata("linear")["metadata"]["signature_def"]["signature_def"]
    assert "regress_x_to_y" in signatures
    assert client.available("linear")
    assert not client.available("linear", 7)
    assert not client.available("nothing")


@pytest.mark.tensorflow
def test_gives_the_server_s_own_words(linear: Any) -> None:
    with pytest.raises(DeepcatError) as caught:
        Client(linear.url).call("linear", "predict", {"instances": ["x"]})
    assert caught.value.code == "serving/refused"
    assert "400" in caught.value.message
    assert "not of expected type: float" in caught.value.message


@pytest.mark.tensorflow
def test_a_strange_name_stays_one_name(linear: Any) -> None:
    with pytest.raises(DeepcatError, match=r"404.*Could not find any versions of model a/b\?c"):
        Client(linear.url).status("a/b?c")


def test_no_server(free_port: int) -> None:
    client = Client(f"http://127.0.0.1:{free_port}", timeout_s=5)
    with pytest.raises(DeepcatError) as caught:
        client.status("any")
    assert caught.value.code == "serving/unreachable"
    assert not client.available("any")


def test_a_proxy_of_the_environment_is_not_used(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    with pytest.raises(DeepcatError, match="refused"):
        Client(f"http://127.0.0.1:{free_port}").status("any")


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:8501", "ftp://x", "http://", "http://x:port", "file:///etc/passwd"]
)
def test_no_address(address: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        Client(address)
    assert caught.value.code == "serving/address"


def test_no_method(free_port: int) -> None:
    with pytest.raises(DeepcatError) as caught:
        Client(f"http://127.0.0.1:{free_port}").call("m", "explain", {})
    assert caught.value.code == "serving/method"


def test_imports_nothing_heavy() -> None:
    code = (
        "import sys, deepcat.serving.client.rest, deepcat.host.model_server.compare\n"
        "print([m for m in ('tensorflow', 'numpy', 'grpc', 'uvicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
