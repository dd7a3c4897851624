"""Policies that somebody proposes: what they try to reach, how long they take, how they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deepcat.catalog.findings import Place
from deepcat.policies import evaluate
from deepcat.policies.read import read_policies
from deepcat.policies.values import On, Policy, Subject

pytestmark = pytest.mark.starts("the program that evaluates policies, in a box")
CEL = """\
apiVersion: deepcat/v1
name: p
on: module
message: found
{}
"""
MAIN = "package main\nimport rego.v1\n"
NO_VALUE = "an expression has no value"
BOUNDS = "it needs more than"
TEN = "[0,1,2,3,4,5,6,7,8,9]"
# What is written -> what is said of it, by reading alone.
UNREAD = {
    "http": (
        "a.rego",
        MAIN + 'deny contains r if r := http.send({"url": "http://x"})',
        "`http.send`",
    ),
    "http, spaced": ("a.rego", MAIN + "deny contains r if r := http . send({})", "`http . send`"),
    "the environment": ("a.rego", MAIN + "deny contains opa.runtime().env.HOME", "`opa`"),
    "the environment, by brackets": ("a.rego", MAIN + 'deny contains opa["runtime"]()', "`opa`"),
    "names": ("a.rego", MAIN + 'deny contains net.lookup_ip_addr("x")', "`net.lookup_ip_addr`"),
    "chance": ("a.rego", MAIN + 'deny contains "x" if rand.intn("a", 2) == 1', "`rand.intn`"),
    "the clock": ("a.rego", MAIN + 'deny contains "x" if time.now_ns() > 1', "`time.now_ns`"),
    "a name for each time": ("a.rego", MAIN + 'deny contains uuid.rfc4122("x")', "`uuid.rfc4122`"),
    "exceptions": ("a.rego", MAIN + 'exception contains ["x"] if true', "`exception`"),
    "in a library": ("a.rego", "package lib\nf(x) := http.send(x)", "`http.send`"),
    "no package": ("a.rego", "deny contains 1", "names no package"),
    "a package in a comment": ("a.rego", "# package main\n", "names no package"),
    "no UTF-8": ("a.rego", "package main\n\udcff", "not UTF-8"),
    "data": ("data.json", "{}", "nothing reads this file"),
    "a program": ("a.sh", "rm -rf /", "nothing reads this file"),
    "another key": ("a.yaml", CEL.format("denny: 'true'"), "no key `denny`"),
    "no condition": ("a.yaml", CEL.format("x-a: 1"), "one of `deny` and `warn`"),
    "two conditions": (
        "a.yaml",
        CEL.format("deny: 'true'\nwarn: 'true'"),
        "one of `deny` and `warn`",
    ),
    "about nothing": (
        "a.yaml",
        CEL.replace("module", "catalog").format("deny: 'true'"),
        "`on` must",
    ),
    "no text": ("a.yaml", CEL.format("deny: true"), "`deny` must be a text"),
    "another format": ("a.yaml", CEL.replace("v1", "v9").format("deny: 'true'"), "`apiVersion`"),
    "a bomb": ("a.yaml", "a: &a [x]\nb: [*a, *a]\n", "alias"),
    "a list": ("a.yaml", "- a\n", "no mapping"),
    "a place outside": ("a.yaml", CEL.format("deny: 'true'\nat: ../x"), "`at` must be keys"),
    "a huge one": ("a.rego", MAIN + "#" * 200_000, "at most 100 kB"),
}
# What is written -> what comes of it when it is asked.
ASKED = {
    "no syntax": ("a.yaml", "deny: 'input.('", "Syntax error"),
    "no boolean": ("a.yaml", "deny: '1'", "must give a BOOL"),
    "no boolean here": ("a.yaml", "deny: input.module.name", "gives no BOOL here"),
    "what is not there": ("a.yaml", "deny: input.module.nope > 1", "Key not found"),
    "a condition that cannot be told": (
        "a.yaml",
        "when: input.nope\ndeny: 'true'",
        "Key not found",
    ),
    "a name that is not there": ("a.yaml", "deny: env.HOME == ''", "undeclared reference"),
    "a function that is not there": ("a.yaml", "deny: open('/etc/passwd') == ''", "undeclared"),
    "a division": ("a.yaml", "deny: 1/0 == 1", "divide by zero"),
    "endless": ("a.yaml", f"deny: '{(TEN + '.all(a, ') * 9}true{')' * 9}'", "Iteration budget"),
    "deep": ("a.yaml", f"deny: '{'(' * 400}true{')' * 400}'", "recursion"),
    "an expensive pattern": (
        "a.yaml",
        'deny: \'("a" + input.module.name).matches("(a+)+$(")\'',
        "",
    ),
    "a message of no text": (
        "a.yaml",
        "deny: 'true'\nmessage_expression: '1'",
        "must give a STRING",
    ),
    "no Rego": ("a.rego", "deny {", "unclosed"),
    "no function": ("a.rego", 'deny contains "x" if nofunc(1)', NO_VALUE),
    "a wrong value": ("a.rego", 'deny contains sprintf("%v", [1 / 0])', NO_VALUE),
    "numbers": ("a.rego", "deny contains 5", "neither texts nor objects"),
    "objects without words": ("a.rego", 'deny contains {"a": 1}', "neither texts nor objects"),
    "a number": ("a.rego", "deny := 5", "neither a set"),
    "a circle": ("a.rego", "f(x) := f(x)\ndeny contains f(1)", NO_VALUE),
    "endless Rego": (
        "a.rego",
        'deny contains y if { some x in numbers.range(1, 9000000); y := sprintf("%d", [x]) }',
        BOUNDS,
    ),
    "much memory": (
        "a.rego",
        'deny contains "x" if { a := concat("", [x | some y in numbers.range(1, 200000); x := "0123456789"]);'
        ' b := concat("", [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]);'
        ' c := concat("", [b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b]); c == "" }',
        BOUNDS,
    ),
}
MODULE = {"on": "module", "module": {"name": "a", "price": 3}}


class Tree:
    """A `Tree` of one file."""

    commit = ""

    def __init__(self, name: str, text: str) -> None:
        self.path = f"policies/{name}"
        self.content = text.encode("utf-8", "surrogateescape")

    def entries(self, under: str = "") -> tuple[Any, ...]:
        from deepcat.catalog.reading.tree import Entry

        return (Entry(self.path, len(self.content), False, "x"),)

    def read(self, path: str) -> bytes:
        return self.content

    def size(self, path: str) -> int | None:
        return len(self.content)


def said(name: str, text: str, data: Mapping[str, Any] = MODULE) -> list[tuple[str, str]]:
    policies = read_policies(Tree(name, text))
    assert not policies.broken, policies.broken
    subject = Subject(On.MODULE, "a", Place("modules/a/module.yaml"), data)
    return [(each.level, each.message) for each in evaluate.ask(policies, [subject])]


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_no_policy_is_refused_by_name(name: str) -> None:
    file, text, words = UNREAD[name]
    read = read_policies(Tree(file, text))
    assert [each.code for each in read.broken] == ["policy/broken"]
    assert words in read.broken[0].message
    assert read.broken[0].hint
    assert not read.all


@pytest.mark.parametrize("name", ASKED)
def test_what_cannot_be_evaluated_is_broken_and_never_passes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "GRANT", replace(evaluate.GRANT, wall_s=5, cpu_s=5))
    file, text, words = ASKED[name]
    found = said(file, (MAIN + text) if file.endswith("rego") else CEL.format(text))
    assert [level for level, _ in found] == ["broken"], found
    assert words in found[0][1]


def test_nothing_of_ours_is_in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the text get past the reader, there is still nothing to be had."""
    monkeypatch.setenv("DEEPCAT_CANARY", "canary")
    source = 'package main\ndeny[x] { x := sprintf("%v", [opa.runtime().env]) }\n'
    policies = read_policies(Tree("a.rego", "package main\n"))
    hostile = Policy("policies/a.rego", "rego", "a", source=source)
    subject = Subject(On.MODULE, "a", Place("m"), MODULE)
    found = evaluate.ask(type(policies)((hostile,)), [subject])
    assert [each.level for each in found] == ["deny"]
    assert "PATH" in found[0].message
    assert "canary" not in found[0].message and "VAULT" not in found[0].message


def test_words_of_a_policy_are_one_short_line() -> None:
    text = MAIN + 'deny contains sprintf("%s\\n::error::%s", [input.on, input.module.long])'
    found = said("a.rego", text, {"on": "module", "module": {"long": "x" * 9999}})
    assert len(found) == 1 and len(found[0][1]) == 500 and "\n" not in found[0][1]


def test_a_policy_may_say_no_more_than_a_hundred_things() -> None:
    found = said(
        "a.rego", MAIN + 'deny contains sprintf("%d", [x]) if some x in numbers.range(1, 999)'
    )
    assert len(found) == 100
