"""Where a server is asked, for addresses of both families."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepcat.host.model_server.access import Access
from deepcat.host.model_server.options import Options
from deepcat.host.model_server.prove import base_url, grpc_target
from deepcat.host.model_server.rollout import Server


@pytest.mark.parametrize(
    ("address", "rest", "grpc"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501", "127.0.0.1:8500"),
        ("fd00::12", "http://[fd00::12]:8501", "[fd00::12]:8500"),
        ("gpu1.example.org", "http://gpu1.example.org:8501", "gpu1.example.org:8500"),
    ],
)
def test_where_it_answers(address: str, rest: str, grpc: str) -> None:
    server = Server("d~s~1", "servers/s/1", (), address, 8501, 8500)
    assert (base_url(server), grpc_target(server)) == (rest, grpc)
    by_tls = replace(server, options=Options(access=Access(tls="1.2")))
    assert base_url(by_tls) == rest.replace("http:", "https:")
    assert grpc_target(by_tls) == f"https://{grpc}"
