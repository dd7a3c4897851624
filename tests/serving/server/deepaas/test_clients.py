"""What clients of DEEPaaS' API do, step by step: AI4OS' own user interface, and Swagger UI."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.tensorflow

PNG = b"\x89PNG\r\n\x1a\nany"
TYPES = {"integer", "number", "boolean", "string", "array", "file"}


def parameters(api: Any, model: str) -> dict[str, dict[str, Any]]:
    document = api.ask("GET", "/swagger.json").json
    found = document["paths"][f"/v2/models/{model}/predict/"]["post"]["parameters"]
    words = ("in", "required", "type", "items", "enum", "default", "collectionFormat")
    kept = {each["name"]: {w: each[w] for w in words if w in each} for each in found}
    # Of how many bits a number is, the real one tells nothing: its formats are always the same.
    for each in kept.values():
        each["items"] = each.get("items", {}).get("type")
    return kept


def test_the_description_has_the_parameters_of_the_real(ours: Any, real: Any) -> None:
    assert parameters(ours, "twin") == parameters(real, "twin")
    assert parameters(ours, "several") == parameters(real, "several")
    assert parameters(ours, "several")["signature_name"]["enum"][0] == "serving_default"


def test_the_description_has_the_paths_of_the_real(ours: Any, real: Any) -> None:
    mine, theirs = (api.ask("GET", "/swagger.json").json for api in (ours, real))
    assert {path: set(verbs) for path, verbs in mine["paths"].items()} == {
        path: set(verbs) for path, verbs in theirs["paths"].items()
    }
    produced = mine["paths"]["/v2/models/twin/predict/"]["post"]["produces"]
    assert produced == theirs["paths"]["/v2/models/twin/predict/"]["post"]["produces"]
    references = json.dumps(mine).split('"#/definitions/')[1:]
    assert {each.partition('"')[0] for each in references} <= set(mine["definitions"])


def test_a_generated_user_interface_finds_and_asks_the_model(ours: Any) -> None:
    base = f"http://127.0.0.1:{ours.port}/"
    with requests.Session() as session:
        document = session.get(base + "swagger.json").json()
        path = next(each for each in document["paths"] if each.endswith("predict/"))
        post = document["paths"][path]["post"]
        assert {each["type"] for each in post["parameters"]} <= TYPES
        file = next(each for each in post["parameters"] if each["type"] == "file")
        assert "image" in file["description"].lower()
        # It puts slashes together where they stand already.
        told = session.get(f"{base}/{path.removesuffix('/predict/')}/").json()
        assert (told["name"], told["author"]) == ("twin", "The founders")
        values = {"count": 2, "flag": True, "scale": 2.0, "values": [1, 2.5], "word": "x"}
        for media in post["produces"][:2]:
            answer = session.post(
                f"{base.strip('/')}/{path.strip('/')}/",
                headers={"accept": media},
                params={**values, "accept": media},
                files={"image_bytes": ("a.png", PNG, "image/png")},
            )
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == media
            if media == "image/png":
                assert answer.content == PNG
            else:
                assert answer.json()["predictions"]["scaled"] == [2.0, 5.0]


def test_a_list_may_be_repeated_or_json(linear: Any) -> None:
    for query in ("x=1&x=2&x=3", "x=[1,2,3]", "x=%5B1%2C%202%2C%203%5D"):
        answer = linear.ask("POST", f"/v2/models/three/predict/?{query}")
        assert (answer.status, answer.json["predictions"]) == (200, {"y": [3.5, 4.0, 4.5]})


def test_who_wants_a_training_is_told_why_there_is_none(ours: Any) -> None:
    answer = ours.ask("POST", "/v2/models/twin/train/")
    assert (answer.status, answer.media) == (501, "text/plain")
    assert answer.body == b"501: This server serves; it has no facility that trains"


def test_what_the_model_refuses_is_the_callers_fault(linear: Any) -> None:
    answer = linear.ask("POST", "/v2/models/echo/predict/?left=1")
    assert (answer.status, answer.json) == (422, {"right": ["Missing data for required field."]})


def test_swagger_ui_is_of_our_own_files(ours: Any) -> None:
    page = ours.ask("GET", "/api")
    assert (page.status, page.media) == (200, "text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    text = page.body.decode()
    assert "<script>" not in text
    assert "//" not in text.replace("<!DOCTYPE html>", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "begin.js", "favicon-32x32.png"):
        assert ours.ask("GET", f"/static/swagger/{name}").status == 200
    for name in ("", "index.html", "../../etc/passwd", "%2e%2e/VERSION", "VERSION"):
        assert ours.ask("GET", f"/static/swagger/{name}").status == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"--bound", b"--bound--", b"--bound\r\n\r\nx\r\n--bound--", b"--boundless\r\n--bound--"],
)
def test_a_broken_form_is_no_fault_of_the_server(ours: Any, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=bound"}
    answer = ours.ask("POST", "/v2/models/twin/predict/", body, headers)
    assert answer.status in (400, 422)
    assert answer.media == "application/json"
