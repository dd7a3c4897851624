"""Hostile templates: each ends in a finding, quickly, and touches nothing but its module."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import hostile_templates
import pytest

from deepcat.tosca.drawing.draw import svg
from deepcat.tosca.drawing.draw import tree as tree_text
from deepcat.tosca.load import load_topology
from deepcat.tosca.workloads.derive import workloads
from deepcat.tosca.writing.normal import from_json, to_json

HERE = Path(__file__).parent / "hostile"
CANARY = "canary-of-the-outside"
# One worker makes the report for all that look at it.
REPORTED = pytest.mark.xdist_group("hostile templates")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """What one process says of all cases."""
    root = tmp_path_factory.mktemp("hostile")
    outside = root / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(f"node_types:\n  {CANARY}: {{}}\n")
    for name, files in hostile_templates.cases().items():
        folder = root / "cases" / name
        (folder / "modules/m").mkdir(parents=True)
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is hostile_templates.FIFO:
                os.mkfifo(target)
            elif isinstance(content, hostile_templates.Link):
                target.symlink_to(content.target)
            else:
                target.write_bytes(content.encode() if isinstance(content, str) else content)
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", str(HERE / "run.py"), str(root / "cases")],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return root, [json.loads(line) for line in done.stdout.splitlines()]


def test_there_are_many() -> None:
    assert len(hostile_templates.cases()) >= 200


@pytest.mark.starts("a program")
@REPORTED
def test_each_ends_in_a_finding(report: tuple[Path, list[dict[str, Any]]]) -> None:
    _, lines = report
    assert [line["case"] for line in lines[:-1] if not line["findings"]] == []


@pytest.mark.starts("a program")
@REPORTED
def test_each_ends_soon_and_small(report: tuple[Path, list[dict[str, Any]]]) -> None:
    _, lines = report
    slow = {line["case"]: line["seconds"] for line in lines[:-1] if line["seconds"] > 2}
    assert slow == {}
    assert lines[-1]["peak_MiB"] < 300


@pytest.mark.starts("a program")
@REPORTED
def test_none_leaves_its_module(report: tuple[Path, list[dict[str, Any]]]) -> None:
    root, lines = report
    strangers = {
        line["case"]: [
            event
            for event in line["touched"]
            if not event.startswith(f"open {root}/cases/{line['case']}/modules/m/")
        ]
        for line in lines[:-1]
    }
    assert {case: events for case, events in strangers.items() if events} == {}


@pytest.mark.starts("a program")
@REPORTED
def test_none_tells_of_the_outside_or_runs_anything(
    report: tuple[Path, list[dict[str, Any]]],
) -> None:
    root, lines = report
    told = [text for line in lines[:-1] for text in line["findings"]]
    assert not any(CANARY in text or "root:x:" in text for text in told)
    assert not list(root.rglob("canary"))


@pytest.mark.starts("a program")
@REPORTED
def test_findings_can_be_shown(report: tuple[Path, list[dict[str, Any]]]) -> None:
    _, lines = report
    told = [text for line in lines[:-1] for text in line["findings"]]
    assert [text for text in told if not text.isprintable() or len(text) > 1_500] == []


ODD: list[Any] = [
    None, True, 0, -1, 1e308, "", "x", "{{ x }}", [], {}, [[]], {"a": {}}, {"get_input": "port"},
    {"get_property": ["SELF", "name"]}, {"get_attribute": ["server", "url"]}, {"concat": [1, None]},
    {"get_input": None}, ["host", {"node": "host"}], "tosca.nodes.Compute", {"type": "list"},
]  # fmt: skip


@pytest.mark.parametrize("seed", range(150))
def test_broken_templates_never_raise(
    memory_tree: Any, seed: int, recwarn: pytest.WarningsRecorder
) -> None:
    """Values and keys of a good template exchanged at random: findings or a topology, no more."""
    chance = random.Random(seed)
    data = hostile_templates.good()
    for _ in range(chance.randint(1, 4)):
        _break(data, chance)
    tree = memory_tree(
        {"modules/m/tosca.yaml": hostile_templates.dump(data), "modules/m/model.tar.gz": ""}
    )
    for inputs in (None, {}, {"port": "x"}):
        topology, findings = load_topology(tree, "modules/m/tosca.yaml", inputs)
        assert (topology is None) == any(finding.is_error for finding in findings)
        if topology:
            assert from_json(json.loads(json.dumps(to_json(topology)))) == topology
            ElementTree.fromstring(svg(topology))
            assert tree_text(topology, workloads(topology))
    assert not recwarn.list


def _break(data: Any, chance: random.Random) -> None:
    places: list[tuple[Any, Any]] = []
    waiting = [data]
    while waiting:
        item = waiting.pop()
        for key in item if isinstance(item, dict) else range(len(item)):
            places.append((item, key))
            if isinstance(item[key], (dict, list)):
                waiting.append(item[key])
    item, key = chance.choice(places)
    match chance.randint(0, 3):
        case 0:
            del item[key]
        case 1 if isinstance(item, dict):
            item[chance.choice(["type", "properties", "node", "x", "default", "value"])] = item.pop(
                key
            )
        case 2:
            other, place = chance.choice(places)
            item[key] = copy.deepcopy(other[place]) if other is not item else "x"
        case _:
            item[key] = copy.deepcopy(chance.choice(ODD))
