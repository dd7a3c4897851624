"""What `deepcat sweep --dry-run` says before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

MODULE = """\
apiVersion: deepcat/v1
name: tool
version: 1.0.0
title: A tool
summary: Learns a little.
description: Learns.
license: MIT
authors: [{name: Ada}]
maintainers: [ada]
categories: [AI4 trainable]
libraries: [TensorFlow]
links: {source_code: "https://example.org/tool"}
tags: [tool]
tasks: [Other]
metrics: [{name: loss, value: 1, higher_is_better: false, dataset: d, split: s}]
training: {script: train.py, command: python train.py, metric: loss, inputs: {lr: {type: number}}}
"""
ASKED = ("sweep", "tool", "--over", "lr=0.1,0.2,0.3", "--method", "grid", "--dry-run")


@pytest.fixture(autouse=True)
def _module(catalog: Path) -> None:
    files = {
        "modules/tool/module.yaml": MODULE,
        "modules/tool/README.md": "# Tool\n",
        "modules/tool/train.py": "print()\n",
        "clouds/here.yaml": "apiVersion: deepcat/v1\nname: here\nkind: local\nprice: 0.5\n"
        "summary: This machine.\n",
    }
    for path, text in files.items():
        (catalog / path).parent.mkdir(parents=True, exist_ok=True)
        (catalog / path).write_text(text)


def test_it_says_how_many_and_the_most_that_they_take(run: Callable[..., Result]) -> None:
    said = run(*ASKED, "--time", "2h")
    assert said.exit_code == 0, said.output
    *points, last = said.stdout.splitlines()
    assert [point.split("  ")[1] for point in points] == [
        '{"lr": 0.1}', '{"lr": 0.2}', '{"lr": 0.3}',
    ]  # fmt: skip
    assert last == (
        "At most 3 trainings, 2 side by side: in all 6 h of running, a cost of 3;"
        " on here/host, 0.50 an hour each"
    )
    bound = json.loads(run(*ASKED, "--cost", "2", "--json").stdout)["bound"]
    assert (bound["trainings"], bound["parallel"], bound["cost"]) == (3, 2, 2.0)
    assert (bound["where"], bound["price_hour"], bound["refusals"]) == ("here/host", 0.5, [])


def test_what_would_be_refused_is_refused(run: Callable[..., Result]) -> None:
    said = run(*ASKED, "--set", "rate=1")
    assert said.exit_code == 1
    assert "At most 3 trainings, 2 side by side\n" in said.output
    assert "there is no input `rate` (the input is `lr`)" in said.output
