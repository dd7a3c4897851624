"""Templates that are right, spoilt in one place: what is still taken, tosca-parser takes.

`deepcat check` asks it only of templates that bring types; this holds that nothing is missed.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.tosca.load import read_template
from deepcat.tosca.tosca_parser import validate

MOST = 40
VALUES: tuple[Any, ...] = (
    "nonsense", True, 7, -1, 3.5, [], {}, ["a"], {"x": 1}, None, "tosca.nodes.Compute", "10 GB",
    {"get_input": "nothing"}, {"get_attribute": ["nobody", "x"]}, {"get_property": ["SELF", "x"]},
)  # fmt: skip


def _templates(repository: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((repository / "modules").glob("*/tosca.yaml")):
        yield path.read_text(), {}
    for path in sorted((Path(__file__).parent / "forms").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text()):
            if not case.get("findings"):
                yield case["template"], case.get("files", {})


def _pointers(data: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if so_far or key not in ("imports", "description", "tosca_definitions_version"):
            yield (*so_far, key)
            if isinstance(value, (dict, list)):
                yield from _pointers(value, (*so_far, key))


def _spoilt(data: Any, chance: random.Random) -> Any:
    data = copy.deepcopy(data)
    *path, last = chance.choice(list(_pointers(data)))
    parent = data
    for key in path:
        parent = parent[key]
    how = chance.choice(("remove", "replace", "replace", "rename", "sibling"))
    if how == "remove":
        del parent[last]
    elif how == "rename" and isinstance(parent, dict):
        parent[f"{last}x"] = parent.pop(last)
    elif how == "sibling" and isinstance(parent, dict):
        parent[last] = copy.deepcopy(parent[chance.choice(sorted(parent, key=str))])
    else:
        parent[last] = copy.deepcopy(chance.choice(VALUES))
    return data


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_what_is_taken_is_right(seed: int, repository: Path, memory_tree: Any) -> None:
    chance = random.Random(seed)
    templates = list(_templates(repository))
    asked = 0
    for _ in range(MOST):
        text, files = chance.choice(templates)
        spoilt = _spoilt(yaml.safe_load(text), chance)
        written = yaml.safe_dump(spoilt, sort_keys=False)
        tree = memory_tree({"t.yaml": written, "model.tar.gz": b"x", **files})
        reading = read_template(tree, "t.yaml", None)
        if reading.topology is not None and reading.types is not None:
            asked += 1
            found = validate(reading.topology, reading.types)
            assert found.objections == (), written
    assert asked
