"""What a pull request changes in substance is said, with sign and size, though nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepcat.review.rules import review

Files = Callable[..., dict[str, str]]
ACCURACY = {"name": "accuracy", "dataset": "Digits", "higher_is_better": True}
LOSS = {"name": "loss", "higher_is_better": False}


def sample(name: str, answer: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "method": "predict", "request": {}, "response": answer, **more}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "lower where higher is better": (
        {"metrics": [ACCURACY | {"value": 0.989}]},
        {"metrics": [ACCURACY | {"value": 0.941}]},
        ["the metric accuracy on Digits goes from 0.989 to 0.941 (-0.048): worse"],
    ),
    "higher where higher is better": (
        {"metrics": [ACCURACY | {"value": 0.9}]},
        {"metrics": [ACCURACY | {"value": 0.95}]},
        ["the metric accuracy on Digits goes from 0.9 to 0.95 (+0.05): better"],
    ),
    "lower where lower is better": (
        {"metrics": [LOSS | {"value": 2}]},
        {"metrics": [LOSS | {"value": 1.5}]},
        ["the metric loss goes from 2 to 1.5 (-0.5): better"],
    ),
    "no direction": (
        {"metrics": [{"name": "size", "value": 1}]},
        {"metrics": [{"name": "size", "value": 2}]},
        ["the metric size goes from 1 to 2 (+1)"],
    ),
    "another data set is another metric": (
        {"metrics": [ACCURACY | {"value": 0.9}]},
        {"metrics": [ACCURACY | {"value": 0.9, "dataset": "Easy"}]},
        [
            "the metric accuracy on Digits is no longer given; it was 0.9",
            "the metric accuracy on Easy is new: 0.9",
        ],
    ),
    "the direction turned": (
        {"metrics": [LOSS | {"value": 2}]},
        {"metrics": [LOSS | {"value": 2, "higher_is_better": True}]},
        ["the metric loss is now better the other way round"],
    ),
    "an answer rewritten": (
        {"samples": [sample("one", {"predictions": [1]})]},
        {"samples": [sample("one", {"predictions": [2]})]},
        ["the expected answer of the sample `one` is rewritten"],
    ),
    "a tolerance widened": (
        {"samples": [sample("one", {}, tolerance=0.001)]},
        {"samples": [sample("one", {}, tolerance=10)]},
        ["the expected answer of the sample `one` is rewritten"],
    ),
    "a sample taken away": (
        {"samples": [sample("one", {}), sample("two", {})]},
        {"samples": [sample("two", {})]},
        ["the expected answer of the sample `one` is taken away with it"],
    ),
    "a sample more, in another order": (
        {"samples": [sample("one", {}), sample("two", {})]},
        {"samples": [sample("new", {}), sample("two", {}), sample("one", {})]},
        [],
    ),
    "what is odd": (
        {"metrics": "none", "samples": [3], "model": []},
        {"metrics": [{"name": "x", "value": True}], "samples": {}, "model": []},
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, submitted: Callable[..., Any], files: Files) -> None:
    before, after, expected = CASES[case]
    said = review(submitted(files(**before), files(**after)))
    found = [each for each in said.findings if each.code in ("review/metric", "review/answer")]
    assert [each.message for each in found] == expected
    assert not any(each.is_error for each in found)


def test_exchanged_bytes_are_told_with_their_sizes(
    submitted: Callable[..., Any], files: Files
) -> None:
    after = files() | {"modules/digits/model.tar.gz": "other weights"}
    said = review(submitted(files(), after))
    (found,) = [each.message for each in said.findings if each.code == "review/model"]
    assert found == "the model's bytes are exchanged: 7 bytes before, 13 bytes after"


def test_an_answer_in_a_file_is_read(submitted: Callable[..., Any], files: Files) -> None:
    listed = [{"name": "one", "method": "predict", "request": {}, "response_file": "one.json"}]
    before = files(samples=listed, more={"modules/digits/one.json": "1"})
    after = files(samples=listed, more={"modules/digits/one.json": "2"})
    said = review(submitted(before, after))
    assert [each.code for each in said.findings] == ["review/answer"]
    gone = {path: text for path, text in before.items() if not path.endswith("one.json")}
    assert "review/answer" in [each.code for each in review(submitted(before, gone)).findings]


def test_a_new_module_has_nothing_to_be_compared_with(
    submitted: Callable[..., Any], files: Files
) -> None:
    after = files(metrics=[ACCURACY | {"value": 1}], samples=[sample("one", {})])
    said = review(submitted(files(None), after))
    assert [each for each in said.findings if each.code.startswith("review/m")] == []
