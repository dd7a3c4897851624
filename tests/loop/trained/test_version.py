"""The version that a training gets, and whether it is proposed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.loop.trained.before import Others, others
from deepcat.loop.trained.values import Output, Provenance, Verdict, Wish
from deepcat.loop.trained.version import deciding, figures, held_back, next_version, wish_of

SIGNATURE = {"serving_default": {"method": "predict",
    "inputs": {"x": {"dtype": "float32", "shape": [-1]}},
    "outputs": {"y": {"dtype": "float32", "shape": [-1]}}}}  # fmt: skip
OTHER = {"serving_default": {**SIGNATURE["serving_default"], "outputs": {}}}


def module(**more: Any) -> dict[str, Any]:
    metrics = [
        {"name": "accuracy", "value": 0.989, "higher_is_better": True, "tolerance": 0.01},
        {"name": "loss", "value": 0.053, "higher_is_better": False},
        {"name": "twice", "value": 1},
        {"name": "twice", "value": 2},
    ]
    training = {"inputs": {"epochs": {"type": "integer", "default": 30}}}
    data = {"version": "1.2.3", "metrics": metrics, "training": training}
    return {**data, "model": {"signature": SIGNATURE}, **more}


def made(metrics: dict[str, float], signature: Any = SIGNATURE) -> Output:
    return Output(Path("model.tar.gz"), "a" * 64, 1, signature, metrics)


@pytest.mark.parametrize(
    ("data", "output", "other", "version"),
    [
        (module(), made({"accuracy": 0.98888, "loss": 0.05301}), Others(), "1.2.4"),
        (module(), made({"accuracy": 0.995}), Others(), "1.2.4"),
        (module(), made({"accuracy": 0.9}), Others(), "1.3.0"),
        (module(), made({"loss": 0.04}), Others(), "1.3.0"),
        (module(), made({"accuracy": 0.989}), Others(inputs=("epochs",)), "1.3.0"),
        (module(), made({"accuracy": 0.989}), Others(data=("digits",)), "1.3.0"),
        (module(), made({"accuracy": 0.989}), Others(is_lock=True), "1.3.0"),
        (module(), made({"accuracy": 0.989}, OTHER), Others(inputs=("epochs",)), "2.0.0"),
        (module(version="0.4.1"), made({"accuracy": 0.989}, OTHER), Others(), "0.5.0"),
        (module(), made({"accuracy": 0.989}, {}), Others(), "1.2.4"),
    ],
)
def test_the_version_follows_from_what_changed(
    data: dict[str, Any], output: Output, other: Others, version: str
) -> None:
    told = figures(data, output.metrics)
    assert next_version(data, output, told, other)[0] == version


DIGITS = {"digits": {"dataset": "digits", "digest": "a" * 64}}


@pytest.mark.parametrize(
    ("training", "inputs", "data", "lock", "words"),
    [
        ({}, {"epochs": 30}, {}, "", ""),
        ({}, {"epochs": 60}, DIGITS, "", "other inputs (epochs)"),
        ({"run": {"inputs": {"epochs": 60}}}, {"epochs": 60}, {}, "", ""),
        ({"run": {"inputs": {"epochs": 30}, "lock": "b"}}, {"epochs": 30}, {}, "c",
         "another environment"),
        ({"known": {"digits": "a" * 64}}, {"epochs": 30}, DIGITS, "", ""),
        ({"known": {"digits": "b" * 64}}, {"epochs": 30}, DIGITS, "", "other data (digits)"),
        ({"known": {"digits": "a" * 64, "more": "b" * 64}}, {"epochs": 60}, DIGITS, "",
         "other data (more) and other inputs (epochs)"),
        ({"known": {"digits": "a" * 64}}, {"epochs": 30}, {"digits": "an address"}, "", ""),
    ],
)  # fmt: skip
def test_what_a_training_had_that_the_version_before_had_not_is_named(
    training: dict[str, Any], inputs: Any, data: Any, lock: str, words: str
) -> None:
    known = training.pop("known", {})
    source = Provenance("4f", "learn", "m", "1", "c", inputs, 7, lock, "", "", "", data=data)
    usual = {"inputs": {"epochs": {"type": "integer", "default": 30}}}
    assert others({"training": {**usual, **training}}, source, known).words == words


def test_figures_have_a_sign_and_a_verdict() -> None:
    told = figures(module(), {"accuracy": 0.98888, "loss": 0.0604, "twice": 3, "strange": 1})
    assert [(each.name, each.after, each.verdict) for each in told] == [
        ("accuracy", 0.989, Verdict.SAME),
        ("loss", 0.06, Verdict.WORSE),
        ("twice", None, Verdict.UNTOLD),
        ("twice", None, Verdict.UNTOLD),
    ]
    small = figures({"metrics": [{"name": "e", "value": 3.1e-07}]}, {"e": 3.05207e-07})
    assert small[0].after == 3.1e-07
    better = figures(module(), {"accuracy": 0.995})[0]
    assert (better.verdict, better.is_within) == (Verdict.BETTER, True)


def test_what_decides_is_what_the_module_names() -> None:
    data = module(training={"metric": "loss"})
    told = figures(data, {"accuracy": 0.9, "loss": 0.01})
    assert getattr(deciding(data, told), "name", "") == "loss"
    assert getattr(deciding(module(), told), "name", "") == "accuracy"
    assert deciding(data, figures(data, {"accuracy": 0.9})) is None


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ({}, Wish.BETTER),
        ({"propose": True}, Wish.BETTER),
        ({"propose": False}, Wish.NEVER),
        ({"propose": "always"}, Wish.ALWAYS),
        ({"propose": "never"}, Wish.NEVER),
    ],
)
def test_a_bare_yes_means_better(said: dict[str, Any], wish: Wish) -> None:
    assert wish_of(said) is wish


@pytest.mark.parametrize(
    ("wish", "accuracy", "words"),
    [
        (Wish.BETTER, 0.995, ""),
        (Wish.BETTER, 0.989, "its accuracy is the same as before"),
        (Wish.BETTER, 0.9, "its accuracy is worse than before"),
        (Wish.BETTER, None, "no metric of it says whether it is better"),
        (Wish.ALWAYS, 0.9, ""),
        (Wish.NEVER, 0.995, "its deployment says `propose: never`"),
    ],
)
def test_what_is_not_better_waits(wish: Wish, accuracy: float | None, words: str) -> None:
    told = figures(module(), {} if accuracy is None else {"accuracy": accuracy})
    assert held_back(wish, deciding(module(), told)) == words
