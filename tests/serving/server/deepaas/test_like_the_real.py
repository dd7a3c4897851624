"""The same model, the same calls: our face answers as the real DEEPaaS does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.tensorflow

PNG = b"\x89PNG\r\n\x1a\n--grain\r\n\x00\xff"
MODEL = "/v2/models/twin"
PREDICT = f"{MODEL}/predict/"
GOOD = {"count": "3", "flag": "true", "scale": "0.5", "word": "grün & mehr", "values": ["1", "2"]}
JSON_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True)
class Call:
    """One call of both servers.

    Attributes:
        name: of the test.
        verb: of HTTP.
        path: without a query.
        query: names and values; a list repeats its name.
        fields: of a form, as text.
        files: of a form: name -> media type and content.
        document: the body as JSON, or as text that should be.
        headers: besides.
        alike: how far the bodies must be alike: ``same``, or ``shape`` (members and types).
    """

    name: str
    verb: str = "POST"
    path: str = PREDICT
    query: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    document: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    alike: str = "same"


FILE = {"image_bytes": ("image/png", PNG)}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name not in names}


def predict(name: str, **changed: Any) -> Call:
    """A good prediction, with arguments of the query changed."""
    return Call(name, query={**GOOD, **changed}, files=FILE)


CALLS = [
    Call("versions", "GET", "/"),
    Call("version", "GET", "/v2/"),
    Call("models", "GET", "/v2/models/"),
    Call("models-no-slash", "GET", "/v2/models"),
    Call("model", "GET", f"{MODEL}/"),
    Call("model-too-many-slashes", "GET", f"//{MODEL}/"),
    Call("model-unknown", "GET", "/v2/models/nobody/"),
    Call("model-post", "POST", f"{MODEL}/"),
    Call("models-head", "HEAD", "/v2/models/"),
    Call("models-options", "OPTIONS", "/v2/models/"),
    Call("unknown", "GET", "/v2/nothing/"),
    Call("debug", "GET", "/v2/debug/"),
    Call("debug-no-slash", "GET", "/v2/debug"),
    Call("ui", "GET", "/ui"),
    Call("predict-get", "GET", PREDICT),
    Call("predict-delete", "DELETE", PREDICT),
    Call("predict-no-slash", path=f"{MODEL}/predict", query={"count": "1"}),
    Call("predict-unknown-model", path="/v2/models/nobody/predict/"),
    Call("trainings", "GET", f"{MODEL}/train/"),
    Call("training-unknown", "GET", f"{MODEL}/train/abc"),
    Call("training-cancel-unknown", "DELETE", f"{MODEL}/train/abc"),
    predict("good"),
    Call("good-by-form", fields=without("values"), query={"values": ["1"]}, files=FILE),
    Call("good-file-as-field", query=GOOD, fields={"image_bytes": "hello"}),
    Call("query-before-form", query=GOOD, fields={"word": "another"}, files=FILE),
    predict("unknown-argument", more="x"),
    predict("one-value", values="7"),
    predict("accept-of-the-query", accept="image/png"),
    Call("nothing"),
    Call("no-file", query=GOOD),
    Call("file-in-query", query={**GOOD, "image_bytes": "x"}),
    Call("no-count", query=without("count"), files=FILE),
    Call("two-missing", query=without("word", "values"), files=FILE),
    predict("count-no-number", count="three"),
    predict("count-empty", count=""),
    predict("count-decimal", count="1.5"),
    predict("count-spaces", count=" 4 "),
    predict("scale-no-number", scale="half"),
    predict("scale-exponent", scale="1e-3"),
    predict("scale-nan", scale="nan"),
    predict("scale-infinite", scale="-inf"),
    predict("flag-no", flag="no"),
    predict("flag-upper", flag="TRUE"),
    predict("flag-on", flag="on"),
    predict("flag-wrong", flag="perhaps"),
    predict("values-wrong", values=["1", "x", "y"]),
    predict("values-nan", values=["1", "nan"]),
    predict("word-empty", word=""),
    predict("several-wrong", count="x", scale="y", flag="z"),
    Call("json-lacks-the-file", document={**GOOD, "count": 3}, headers=JSON_TYPE),
    Call("json-wrong-types", document={**GOOD, "count": "x", "word": 1}, headers=JSON_TYPE),
    Call("json-null", document={**GOOD, "word": None, "values": None}, headers=JSON_TYPE),
    Call("json-truth-as-number", document={**GOOD, "scale": []}, headers=JSON_TYPE),
    Call("json-values-nested", document={**GOOD, "values": [[1], None]}, headers=JSON_TYPE),
    Call("json-list", document=[1, 2], headers=JSON_TYPE),
    Call("json-broken", document='{"count', headers=JSON_TYPE),
    Call("json-not-utf-8", document="\xff", headers=JSON_TYPE),
    Call("json-empty", headers=JSON_TYPE),
    Call("json-of-another-kind", document={"count": "x"}, headers={"content-type": "text/plain"}),
    Call("accept-json", query=GOOD, files=FILE, headers={"accept": "application/json"}),
    Call("accept-any", query=GOOD, files=FILE, headers={"accept": "*/*"}),
    Call("accept-image", query=GOOD, files=FILE, headers={"accept": "image/png"}),
    Call("accept-other", query=GOOD, files=FILE, headers={"accept": "text/html"}),
    Call("accept-list", query=GOOD, files=FILE, headers={"accept": "image/png,*/*"}),
    Call("accept-empty", query=GOOD, files=FILE, headers={"accept": ""}),
]


SEVERAL = "/v2/models/several/predict/"
NUMBERS = {"count": "3", "values": ["1", "2"]}
SPEAK = {"signature_name": "speak", "count": "3", "word": "grün"}


def several(name: str, more: dict[str, Any] | None = None, **changed: Any) -> Call:
    return Call(f"several-{name}", path=SEVERAL, query={**(more or {}), **changed})


OF_SEVERAL = [
    several("default", NUMBERS),
    several("default-by-name", NUMBERS, signature_name="serving_default"),
    several("speak", SPEAK),
    several("speak-with-what-it-needs-not", SPEAK, values="x"),
    several("speak-without-its-own", SPEAK | {"word": []}),
    several("default-without-its-own", SPEAK, signature_name="serving_default"),
    several("unknown", SPEAK, signature_name="nobody"),
    several("unknown-and-more", SPEAK, signature_name="nobody", count="x"),
    several("empty", NUMBERS, signature_name=""),
    several("nothing"),
    several("twice", NUMBERS, signature_name=["speak", "show"], word="x"),
    Call("several-by-form", path=SEVERAL, fields=SPEAK),
    Call("several-by-json", path=SEVERAL, document={**SPEAK, "count": 3}, headers=JSON_TYPE),
    Call("several-json-null", path=SEVERAL, document={"signature_name": None}, headers=JSON_TYPE),
    Call("several-json-number", path=SEVERAL, document={"signature_name": 1}, headers=JSON_TYPE),
    Call("several-show", path=SEVERAL, query={"signature_name": "show"}, files=FILE),
    Call("several-show-nothing", path=SEVERAL, query={"signature_name": "show"}),
    Call(
        "several-show-image",
        path=SEVERAL,
        query={"signature_name": "show"},
        files=FILE,
        headers={"accept": "image/png"},
    ),
    Call("several-accept-other", path=SEVERAL, query=NUMBERS, headers={"accept": "text/html"}),
]


def shape(value: Any) -> Any:
    """A value's members and types."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return type(value).__name__


def sent(call: Call) -> tuple[str, bytes, dict[str, str]]:
    """The target, the body and the headers of a call."""
    target = call.path + (f"?{urlencode(call.query, doseq=True)}" if call.query else "")
    headers = dict(call.headers)
    if call.document is not None:
        text = call.document if isinstance(call.document, str) else json.dumps(call.document)
        return target, text.encode("latin-1"), headers
    if not call.fields and not call.files:
        return target, b"", headers
    parts = b""
    for name, value in call.fields.items():
        head = f'--bound\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts += (head + value + "\r\n").encode()
    for name, (media, content) in call.files.items():
        head = f'--bound\r\nContent-Disposition: form-data; name="{name}"; filename="a file.png"'
        parts += f"{head}\r\nContent-Type: {media}\r\n\r\n".encode() + content + b"\r\n"
    headers["content-type"] = "multipart/form-data; boundary=bound"
    return target, parts + b"--bound--\r\n", headers


@pytest.mark.parametrize("call", CALLS + OF_SEVERAL, ids=lambda call: call.name)
def test_it_answers_like_the_real(ours: Any, real: Any, call: Call) -> None:
    target, body, headers = sent(call)
    theirs = real.ask(call.verb, target, body, headers)
    mine = ours.ask(call.verb, target, body, headers)
    assert (mine.status, mine.media) == (theirs.status, theirs.media), mine.body
    for header in ("location", "allow"):
        assert mine.headers.get(header) == theirs.headers.get(header)
    if theirs.media != "application/json":
        assert mine.body == theirs.body
    elif call.alike == "same":
        assert mine.json == theirs.json
    else:
        assert shape(mine.json) == shape(theirs.json)
