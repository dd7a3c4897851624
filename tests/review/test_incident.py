"""After a failure one thing is asked of people: to take a wish back, or to mend something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepcat.forge.values import Issue, Part, Proposal
from deepcat.review.incident import Trouble, answer, keys, refused, unlocked

PARTS = {"deployments/demo.yaml": None, "modules/digits": Part("040000", "tree", "a" * 40)}


def failure(kind: str, **fields: str) -> dict[str, str]:
    return {"kind": kind, "code": "run/x", "message": "it broke", "hint": "mend", **fields}


def trouble(*kinds: str, still: str = "") -> Trouble:
    rows = tuple(failure(kind, cloud=f"cloud-{kind}") for kind in kinds)
    return Trouble("demo", "digits 2.0.0", "c" * 40, rows, still, "run-1")


def test_a_mistake_is_taken_back() -> None:
    asked = answer(trouble("cloud", "module", still="digits 1.0.0 on local"), PARTS, "main")
    assert isinstance(asked, Proposal)
    assert (asked.key, asked.branch, asked.base) == ("revert/demo", "deepcat/revert/demo", "main")
    assert asked.parts == PARTS
    for words in ("digits 2.0.0 is wished", "digits 1.0.0 on local", "`cloud-cloud`", "`run/x`"):
        assert words in asked.body
    assert "`modules/digits` is brought back" in asked.body
    assert "`deployments/demo.yaml` is taken away" in asked.body


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("capacity", "tried again by itself"),
        ("quota", "tried again by itself"),
        ("cloud", "tried again by itself"),
        ("auth", "Renew the credentials"),
        ("bounds", "Widen the bounds"),
        ("refused", "by a pull request"),
    ],
)
def test_what_is_no_mistake_is_an_issue(kind: str, words: str) -> None:
    asked = answer(trouble(kind), PARTS, "main")
    assert isinstance(asked, Issue)
    assert asked.key == "mend/demo"
    assert words in asked.body
    assert "nothing of it runs" in asked.body


@pytest.mark.parametrize("parts", [None, {}])
def test_a_mistake_without_a_way_back_is_an_issue(parts: dict[str, Part | None] | None) -> None:
    assert isinstance(answer(trouble("module"), parts, "main"), Issue)


def test_text_of_the_catalog_takes_no_effect() -> None:
    rows = (failure("module", message="@everyone <b>x</b> | y", cloud="`"),)
    asked = answer(Trouble("demo", "@all 1", "c" * 40, rows), PARTS, "main")
    assert "@everyone" not in asked.body
    assert "<b>" not in asked.body.replace("\\<b", "")
    assert "@all" not in asked.body


def test_both_troubles_of_a_deployment_have_a_key() -> None:
    assert keys("demo") == ("revert/demo", "mend/demo")


def test_a_cloud_that_refuses_our_credentials_is_an_issue_of_its_own() -> None:
    asked = refused(failure("auth", cloud="far", message="@all no key"), "demo")
    assert (asked.key, asked.title) == ("auth/far", "far refuses our credentials")
    for words in ("`demo` went to another cloud", "`run/x`", "mend", "closes by itself"):
        assert words in asked.body
    assert "@all" not in asked.body


def test_a_cloud_that_lets_nobody_look_is_an_issue_of_its_own() -> None:
    asked = unlocked("far", "@all HTTP 401")
    assert (asked.key, asked.title) == ("probe/far", "far refuses our credentials")
    for words in ("HTTP 401", "`far`", "closes by itself"):
        assert words in asked.body
    assert "@all" not in asked.body


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("https://forge.example/a/b/actions/runs/7", "Run `run-1` ([its log](https://forge"),
        ("", "Run `run-1`; the records"),
        ("https://x/)[y](javascript:z", "Run `run-1`; the records"),
    ],
)
def test_the_run_is_named_and_its_log_linked(log: str, words: str) -> None:
    asked = answer(replace(trouble("cloud"), log=log), PARTS, "main")
    assert words in asked.body
