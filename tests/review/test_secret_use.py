"""A change that names a secret: listed, and judged where it shall go to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from deepcat.review.comment import Links, comment
from deepcat.review.report import Report, to_json
from deepcat.review.secret_use import added, foreign, owners_at
from deepcat.review.values import Review

Trees = Callable[[Mapping[str, str]], Any]
Files = Callable[..., dict[str, str]]
MODULE, WISH = "modules/digits", "deployments/front.yaml"
KEY = "env:DEEPCAT_WORKLOAD_B_KEY"
OWNED = {"ada": ["env:DEEPCAT_WORKLOAD_ADA_"], "bob": ["env:DEEPCAT_WORKLOAD_B_"]}
TEMPLATE = "topology_template:\n  node_templates:\n    a:\n      properties: {secrets: {K: %s}}\n"


def catalog(secrets: Any = None, **groups: list[str]) -> dict[str, str]:
    data = {"apiVersion": "deepcat/v1", "title": "T", "groups": {"maintainers": ["root"]} | groups}
    return {"deepcat.yaml": json.dumps(data | ({"secrets": secrets} if secrets else {}))}


def template(reference: str = KEY) -> dict[str, str]:
    return {f"{MODULE}/tosca.yaml": TEMPLATE % json.dumps(reference)}


def wish(owner: str, reference: str = KEY, module: str = "digits") -> dict[str, str]:
    data = {"module": module, "owner": owner, "inputs": {"deep": [{"key": reference}]}}
    return {WISH: json.dumps(data, indent=1)}


CASES = {
    "a module of others": ((), template(), ["bob", "ada"]),
    "its owner": ((), template("env:DEEPCAT_WORKLOAD_ADA_KEY"), []),
    "of nobody": ((), template("env:DEEPCAT_WORKLOAD_C"), ["nobody"]),
    "an escape": ((), template("\x65nv:DEEPCAT_WORKLOAD_B_KEY"), ["bob", "ada"]),
    "a deployment of others": ((), wish("ada"), ["bob", "ada"]),
    "bob's own deployment": ((), wish("@Bob"), []),
    # Who owns it now may still change it, once it names another owner.
    "an owner put in": (wish("eve", "x"), wish("bob"), ["bob", "eve"]),
    "a maintainer put in": (
        {},
        template() | {f"{MODULE}/module.yaml": json.dumps({"maintainers": ["bob"]})},
        ["bob", "ada"],
    ),
    # Nobody gives oneself what the same change uses.
    "given by itself": ((), template() | catalog({"ada": [KEY]}), ["bob", "ada"]),
    "a group that is joined by itself": (
        (),
        wish("ada") | catalog(OWNED, bob=["bob", "ada"]),
        ["bob", "ada"],
    ),
    "the section taken away": ((), wish("ada") | catalog(), ["bob", "ada"]),
    "a cloud": ((), {"clouds/c.yaml": json.dumps({"credentials": {"k": KEY}})}, ["bob", "catalog"]),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_judged_at_the_tip(name: str, tree: Trees, files: Files) -> None:
    before, change, words = CASES[name]
    tip = files() | catalog(OWNED) | dict(before)
    parts = {MODULE if path.startswith(MODULE) else path for path in change}
    owners = owners_at(tree(tip))
    assert owners
    found = list(foreign(owners, tree(tip), tree(tip | change), parts))
    assert [each.code for each in found] == ["secret/owner"] * bool(words)
    assert all(f"`{word}`" in found[0].message or word in found[0].message for word in words)


def test_a_catalog_that_says_nothing_of_owners_keeps_none_apart(tree: Trees, files: Files) -> None:
    tip = files() | catalog()
    assert owners_at(tree(tip)) is None
    assert owners_at(tree({})) is None


def test_a_mistake_in_the_settings_gives_nobody_anything(tree: Trees, files: Files) -> None:
    tip = files() | catalog({"ada": [KEY], "bob": "no list"})
    owners = owners_at(tree(tip))
    assert owners
    found = list(foreign(owners, tree(tip), tree(tip | template()), [MODULE]))
    assert ["belongs to nobody" in each.message for each in found] == [True]


def test_what_is_added_is_listed_with_its_line_and_who_gets_it(tree: Trees, files: Files) -> None:
    old = files() | template()
    new = old | wish("ada", module="x|y`@eve")
    new[f"{MODULE}/more.yml"] = TEMPLATE % KEY
    listed = added(tree(old), tree(new), [MODULE, WISH])
    assert [(str(each.place), each.text, each.getter) for each in listed] == [
        (f"{WISH}:7:5", KEY, "the deployment `front` of the module `x|y`@eve`"),
        (f"{MODULE}/more.yml:4:30", KEY, "the module `digits`"),
    ]
    report = Report("1" * 40, secrets=listed)
    said = comment(report, Review((), (), frozenset()), None, Links())
    assert "**Secrets that this names**" in said and f"`{KEY}`" in said and "@eve" not in said
    assert json.loads(to_json(report))["secrets"][0]["secret"] == KEY


def test_a_deployment_of_another_module_gives_the_secret_anew(tree: Trees, files: Files) -> None:
    old, new = files() | wish("bob"), files() | wish("bob", module="other")
    assert [each.text for each in added(tree(old), tree(new), [WISH])] == [KEY]
    assert not added(tree(old), tree(old), [WISH])
