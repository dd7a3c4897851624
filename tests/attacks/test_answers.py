"""What comes out of a box, whatever a model wrote there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from deepcat.catalog.values import Module, Sample
from deepcat.review.report import samples_from_json, samples_to_json
from deepcat.review.tried import judged, refused
from deepcat.review.values import SampleResult

SAMPLES = tuple(Sample(name, "predict", {}, {"predictions": [1.0]}) for name in ("a", "b"))
MODULE = Module("m", "1.0.0", "modules/m", {}, "", "", None, SAMPLES)
LOADED: dict[str, Any] = {"loaded": ""}
HEAD = "a" * 40
RIGHT = {"status": 200, "body": '{"predictions": [1.0]}'}


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


CASES: dict[str, tuple[bytes, str, int, dict[str, str]]] = {
    "both as expected": (lines(LOADED, RIGHT, RIGHT), "", 2, {}),
    "one differs": (
        lines(LOADED, RIGHT, RIGHT | {"body": '{"predictions": [2.0]}'}), "", 1,
        {"b": "$.predictions[0]: expected 1.0, got 2.0 (tolerance 0.0001)"},
    ),
    "it does not load": (
        lines({"loaded": "no such file"}), "", 0, {"": "the model could not be served: no such file"},
    ),
    "nothing at all": (b"", "", 0, {"": "the model could not be served: it ended without an answer"}),
    "ended before it loaded": (
        b"", "was ended after 180 s", 0,
        {"": "the model could not be served: it was ended after 180 s"},
    ),
    "ended between two": (lines(LOADED, RIGHT), "was ended after 180 s", 1, {"b": "it was ended after 180 s"}),
    "a line cut in two": (lines(LOADED, RIGHT) + b'{"status": 2', "", 1, {"b": "it ended without an answer"}),
    "an error": (
        lines(LOADED, {"status": 500, "body": '{"error": "bad"}'}, RIGHT), "", 1, {"a": "it answered with 500: bad"},
    ),
    "no JSON": (
        lines(LOADED, {"status": 200, "body": "<html>"}, RIGHT), "", 1,
        {"a": "it answered with 200: no JSON object"},
    ),
    "another type": (
        lines(LOADED, {"status": [{}], "body": {"predictions": [1.0]}}, RIGHT), "", 1,
        {"a": "it answered with [{}]: no JSON object"},
    ),
    "a list for an object": (lines(LOADED, [1], RIGHT), "", 0, dict.fromkeys("ab", "it ended without an answer")),
    "lines and colours of its own": (
        lines({"loaded": "\x1b[31mno\r\n::error::x\u202e" + "y" * 1000}), "", 0,
        {"": "the model could not be served: [31mno ::error::x ".ljust(299, "y") + "…"},
    ),
    "deeper than Python goes": (
        lines(LOADED) + b'{"status": 200, "body": "' + b"[" * 100_000 + b'"}\n' + lines(RIGHT), "", 1,
        {"a": "it answered with 200: no JSON object"},
    ),
    "a number beyond every float": (
        lines(LOADED, {"status": 200, "body": '{"predictions": [1%s]}' % ("0" * 400)}, RIGHT), "", 1,
        {"a": "$.predictions[0]: expected 1.0, got 1".ljust(299, "0") + "…"},
    ),
    "a number of more digits than Python reads": (
        lines(LOADED, {"status": 200, "body": '{"predictions": [1%s]}' % ("0" * 5000)}, RIGHT), "", 1,
        {"a": "it answered with 200: no JSON object"},
    ),
    "no text": (b"\xff\xfe\x00\n", "", 0, {"": "the model could not be served: it ended without an answer"}),
    "answers that nobody asked for": (lines(LOADED, RIGHT, RIGHT, RIGHT), "", 2, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_only_an_answer_as_expected_counts(case: str) -> None:
    out, bound, passed, failed = CASES[case]
    result = judged(MODULE, out, bound)
    assert (result.passed, dict(result.failed)) == (passed, failed)
    assert result.is_well == (not failed)


AGREES = "LiteRT serves model.tflite, whose answers to the samples agree"
NEAR, FAR = ({"status": 200, "body": f'{{"predictions": [{v}]}}'} for v in (1.00019, 1.0003))
UNEQUAL = (
    "TensorFlow serves the SavedModel, for by model.tflite the sample `b` is answered otherwise: "
)
FORMS: dict[str, tuple[tuple[Any, ...], str]] = {
    "one form": ((RIGHT, RIGHT), ""),
    "what nobody asked for": ((RIGHT, RIGHT, RIGHT, RIGHT), ""),
    "both agree": ((RIGHT, RIGHT, LOADED, RIGHT, RIGHT), AGREES),
    "it lacks an operation": (
        (RIGHT, RIGHT, {"loaded": "LiteRT has no operation FlexX\x1b"}),
        "TensorFlow serves the SavedModel, for model.tflite does not load: LiteRT has no operation FlexX",
    ),
    "it differs from what is expected": (
        (RIGHT, RIGHT, LOADED, RIGHT, FAR),
        UNEQUAL + "$.predictions[0]: expected 1.0, got 1.0003 (tolerance 0.0002)",
    ),
    "it differs from the other form alone": (
        (RIGHT, RIGHT | {"body": '{"predictions": [0.9999]}'}, LOADED, RIGHT, NEAR),
        UNEQUAL + "$.predictions[0]: expected 0.9999, got 1.00019 (tolerance 0.0002)",
    ),
    "it ends meanwhile": ((RIGHT, RIGHT, LOADED, RIGHT), UNEQUAL + "it answered with None: no JSON object"),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMS)
def test_which_of_two_forms_serves(case: str) -> None:
    rows, form = FORMS[case]
    samples = tuple(replace(each, tolerance=2e-4) for each in SAMPLES)
    result = judged(replace(MODULE, samples=samples), lines(LOADED, *rows), "")
    assert (result.form, result.is_well) == (form, True)
    assert samples_from_json(samples_to_json(HEAD, [result]), HEAD) == (result,)


def test_what_was_not_tried_stays_so_on_its_way_to_the_comment() -> None:
    result = refused(MODULE, ["no seccomp", "no namespaces"])
    assert "no seccomp; no namespaces" in result.untried
    assert not result.is_well
    assert samples_from_json(samples_to_json(HEAD, [result]), HEAD) == (result,)
    tried = SampleResult("m", "1.0.0", 2)
    assert samples_from_json(samples_to_json(HEAD, [tried]), HEAD) == (tried,)
