"""What the server says that it answers, and whether it does: schemathesis asks all of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

pytestmark = pytest.mark.tensorflow

# One model's paths and the server's own; a training's 501 is honest, but an error to schemathesis.
WHERE = ["--include-path-regex", "matrix|^/[^/]*$", "--exclude-path-regex", "/train/$"]
PHASES = ["--phases", "coverage,fuzzing"]
CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance"


@pytest.fixture(scope="session")
def described(models: Path, start_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    about = tmp_path_factory.mktemp("about") / "about.json"
    request, response = {"instances": [1.0]}, {"predictions": [2.5]}
    sample = {"name": "one", "method": "predict", "request": request, "response": response}
    card = {"title": "Half plus two", "inputs": {"x": "A number."}, "samples": [sample]}
    about.write_text(json.dumps({"half": card}))
    return start_server(
        *("--model", f"half={models / 'half_plus_two_tf1'}"),
        *("--model", f"twin={models / 'twin'}"),
        *("--model", f"matrix={models / 'matrix'}"),
        *("--about", str(about)),
    )


@pytest.fixture(scope="session")
def document(described: Any) -> Any:
    return described.ask("GET", "/openapi.json").json


def test_it_is_openapi(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)
    names = [op["operationId"] for path in document["paths"].values() for op in path.values()]
    assert len(names) == len(set(names))


def test_samples_are_examples_that_fit_their_schema(document: Any) -> None:
    post = document["paths"]["/v1/models/half:predict"]["post"]
    asked = post["requestBody"]["content"]["application/json"]
    given = post["responses"]["200"]["content"]["application/json"]
    for media in (asked, given):
        for example in media["examples"].values():
            Draft202012Validator(media["schema"]).validate(example["value"])
    assert asked["examples"]["one"]["value"] == {"instances": [1.0]}
    assert "A number." in json.dumps(asked["schema"])


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"instances": [[[1.0, 2.0]]]}, True),
        ({"inputs": {"x": [[[1.0]]]}}, True),
        ({"inputs": [[[1.0]]]}, True),
        ({"instances": []}, False),
        ({"instances": [[["a"]]]}, False),
        ({"instances": [1.0]}, False),
        ({"signature_name": "other", "instances": [[[1.0]]]}, False),
        ({}, False),
    ],
)
def test_bodies_are_typed_by_the_signature(
    described: Any, document: Any, body: Any, fits: bool
) -> None:
    post = document["paths"]["/v1/models/matrix:predict"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert Draft202012Validator(schema).is_valid(body) is fits
    status = described.ask("POST", "/v1/models/matrix:predict", body).status
    assert status == (200 if fits else 400)


def test_a_file_is_an_upload(document: Any) -> None:
    body = document["paths"]["/v2/models/twin/predict/"]["post"]["requestBody"]["content"]
    assert list(body) == ["multipart/form-data"]
    properties = body["multipart/form-data"]["schema"]["properties"]
    assert properties["image_bytes"]["format"] == "binary"
    assert properties["count"]["type"] == "integer"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"x": [1.0]}, 200),
        ({"x": [1.0], "signature_name": "serving_default"}, 200),
        ({"inputs": [1.0], "signature_name": "classify_x2_to_y3"}, 200),
        # Its input is an example, which this one is none of.
        ({"inputs": ["no example"], "signature_name": "regress_x_to_y"}, 400),
        ({"x": [1.0], "signature_name": "nobody"}, 422),
        ({"x": [1.0], "signature_name": None}, 422),
    ],
)
def test_a_signature_is_an_argument_of_deepaas(
    described: Any, document: Any, body: Any, status: int
) -> None:
    path = "/v2/models/half/predict/"
    post = document["paths"][path]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert Draft202012Validator(schema).is_valid(body) is (status != 422)
    said = described.ask("POST", path, body, {"content-type": "application/json"})
    assert said.status == status, said.body
    given = post["responses"][str(status)].get("content", {}).get("application/json", {})
    Draft202012Validator(given.get("schema", {})).validate(said.json)


def test_it_is_only_read(described: Any) -> None:
    assert described.ask("POST", "/openapi.json").status == 405


def test_schemathesis_finds_nothing(
    described: Any, tmp_path: Path, apart: Callable[[str, str], Path]
) -> None:
    program = apart("openapi", "schemathesis")
    words = ["--checks", CHECKS, "--max-examples", "5", "--seed", "1", "--no-color"]
    done = subprocess.run(
        [program, "run", f"{described.url}/openapi.json", *WHERE, *PHASES, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert described.process.poll() is None
    assert "Traceback" not in described.log.read_text()
