"""Which deployments a page may reach by way of `deepcat site serve`."""

from __future__ import annotations

import json

import pytest

from deepcat_site.proxy import Endpoint, answer

KNOWN = {
    "here": Endpoint("iris", "http://127.0.0.1:8501", "key"),
    "elsewhere": Endpoint("iris", "http://192.0.2.1:8501"),
    "nowhere": Endpoint("iris", ""),
}


def test_the_list_names_those_of_this_machine() -> None:
    found = answer(KNOWN, "GET", "", b"")
    rows = {"deployments": [{"name": "here", "module": "iris", "asks": "key"}]}
    assert (found.status, json.loads(found.body)) == (200, rows)


@pytest.mark.parametrize(
    "path",
    [
        "other/v1/models/iris",
        "elsewhere/v1/models/iris",
        "nowhere/v1/models/iris",
        "here/",
        "here/metrics",
        "here/../v1/models/iris",
    ],
)
def test_nothing_else_is_reached(path: str) -> None:
    found = answer(KNOWN, "POST", path, b"{}")
    assert found.status == 404
    assert found.kind == "application/json"
