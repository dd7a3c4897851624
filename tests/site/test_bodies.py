"""A long body of a sample is published by itself: no document and no page is swollen by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

LONG = {"instances": [[index / 7] for index in range(9_000)]}


@pytest.mark.slow
def test_a_long_body_lies_beside_the_document(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "catalog"), tmp_path / "out"
    folder = root / "modules" / "leaf-finder"
    with (folder / "module.yaml").open("a") as file:
        file.write(
            "samples:\n"
            "  - {name: short, method: predict, request: {instances: [1]}, response: {}}\n"
            "  - name: long\n    method: predict\n    request_file: samples/long.json\n"
            "    response: {predictions: [1]}\n"
        )
    (folder / "samples").mkdir()
    (folder / "samples" / "long.json").write_text(json.dumps(LONG))
    site_tools.make(root, out)

    document = json.loads((out / "api/v1/modules/leaf-finder.json").read_bytes())
    short, long = document["samples"]
    assert short == {
        "name": "short", "method": "predict", "signature": "serving_default", "tolerance": 0.0001,
        "request": {"instances": [1]}, "response": {},
    }  # fmt: skip
    beside = "api/v1/modules/leaf-finder/samples/2.request.json"
    assert long == {
        "name": "long", "method": "predict", "signature": "serving_default", "tolerance": 0.0001,
        "request_at": f"https://example.org/{beside}", "response": {"predictions": [1]},
    }  # fmt: skip
    assert json.loads((out / beside).read_bytes()) == LONG
    assert (out / "api/v1/modules/leaf-finder.json").stat().st_size < 5_000
    page = (out / "modules/leaf-finder/index.html").read_text("utf-8")
    assert f'href="../../{beside}"' in page
    assert "samples/long.json" in page
    assert len(page) < 60_000

    (folder / "samples" / "long.json").write_text('{"instances": [2]}')
    site_tools.make(root, out)
    assert not (out / beside).exists()
    document = json.loads((out / "api/v1/modules/leaf-finder.json").read_bytes())
    assert document["samples"][1]["request"] == {"instances": [2]}
