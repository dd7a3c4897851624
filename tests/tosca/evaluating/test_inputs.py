"""What is said of inputs that a template is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.load import load_topology

MODULE = """\
name: digits
training:
  command: python train.py
  inputs:
    epochs: {type: integer, default: 3, minimum: 1, maximum: 500}
    kind: {type: string, enum: [dense, sparse], default: dense}
    note: {type: boolean, default: true}
"""


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"epochs": "sixty"}, "the input `epochs`: `sixty` is not an integer",
         "it takes an integer, at least 1, at most 500"),
        ({"epochs": 501}, "the input `epochs`: `501` breaks the constraint less_or_equal 500",
         "it takes an integer, at least 1, at most 500"),
        ({"kind": [1]}, "the input `kind`: `[1]` is not a string",
         "it takes a string, one of `dense`, `sparse`"),
        ({"note": "maybe"}, "the input `note`: `maybe` is not a boolean", "give `true` or `false`"),
        ({"nosuch": 1}, "there is no input `nosuch`",
         "the inputs are `epochs`, `kind`, `note`"),
        ({"epohs": 1}, "there is no input `epohs`",
         "did you mean `epochs`? the inputs are `epochs`, `kind`, `note`"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)  # fmt: skip
def test_what_is_wrong_is_told_by_the_inputs_name(
    tmp_path: Path, given: dict[str, Any], message: str, hint: str
) -> None:
    folder = tmp_path / "modules" / "digits"
    folder.mkdir(parents=True)
    (folder / "module.yaml").write_text(MODULE)
    _, findings = load_topology(work_tree(tmp_path), "modules/digits/module.yaml", given)
    assert [(each.message, each.hint) for each in findings if each.is_error] == [(message, hint)]
