"""The policies of the guide, asked as the guide says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.findings import Place
from deepcat.catalog.reading.tree import Entry
from deepcat.policies.judge import judged
from deepcat.policies.read import read_policies
from deepcat.policies.values import On, Subject

GUIDE = "site/pages/guides/policies.md"
WISH = {"name": "front", "owner": "ada"}
CHANGE = {"action": "create", "price_hour": 2.5}
CASES: list[tuple[On, dict[str, Any], list[str]]] = [
    (On.PLAN, {"deployment": WISH, "change": CHANGE, "groups": [], "ports": []},
     ["front would cost 2.50 an hour"]),
    (On.PLAN, {"deployment": WISH, "change": CHANGE, "groups": ["staff"], "ports": []}, []),
    (On.PLAN, {"deployment": WISH, "change": CHANGE | {"price_hour": 1}, "groups": [],
               "ports": [{"external": 80}]}, ["it opens a port of its own choice"]),
    (On.DEPLOYMENT, {"deployment": WISH}, []),
    (On.DEPLOYMENT, {"deployment": WISH, "review": {"author": "ada", "approvals": []}},
     ["somebody else looks at a deployment before it is merged"]),
    (On.DEPLOYMENT, {"deployment": WISH, "review": {"author": "ada", "approvals": ["bob"]}}, []),
    (On.MODULE, {"module": {"license": "GPL-3.0-only"}},
     ["the licence GPL-3.0-only is not one of ours"]),
    (On.MODULE, {"module": {"license": "MIT"}}, []),
]  # fmt: skip


class Tree:
    """The files of the guide."""

    commit = ""

    def __init__(self, text: str) -> None:
        blocks = re.findall(r"```(?:yaml|rego)\n# (policies/\S+)\n(.*?)```", text, re.DOTALL)
        self.files = {path: content.encode() for path, content in blocks}

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        return tuple(Entry(path, len(text), False, "x") for path, text in self.files.items())

    def read(self, path: str) -> bytes:
        return self.files[path]

    def size(self, path: str) -> int | None:
        return len(self.files[path])


@pytest.mark.starts("the program that evaluates policies")
def test_the_examples_of_the_guide_do_as_it_says(repository: Path) -> None:
    policies = read_policies(Tree((repository / GUIDE).read_text("utf-8")))
    assert [each.path for each in policies.all] == [
        "policies/price.yaml",
        "policies/two-eyes.yaml",
        "policies/licences.rego",
    ]
    subjects = [
        Subject(on, "x", Place(f"case-{number}"), {"on": str(on), **data})
        for number, (on, data, _) in enumerate(CASES)
    ]
    found = judged(policies, subjects)
    for number, (_, _, words) in enumerate(CASES):
        said = [each.message for each in found if each.place.path == f"case-{number}"]
        assert [each.partition(" (policy")[0] for each in said] == words
    assert all(each.place.path.startswith("case-") for each in found), found
