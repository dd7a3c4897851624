"""A module that puts the name of another team's secret together: refused in plan and review."""

from __future__ import annotations

from typing import Any

import pytest

GROUPS = "groups: {maintainers: ['@root']}\n"
OWNED = """\
secrets:
  ada: ["env:DEEPCAT_WORKLOAD_ADA_"]
  bob: ["env:DEEPCAT_WORKLOAD_BOB_"]
"""
INPUTS = "topology_template:\n  inputs: {name: {type: string, default: ADA_KEY}}\n"
KEY = "create.sh, inputs: {KEY: {concat: [e, 'nv:DEEPCAT_WORKLOAD_', {get_input: name}]}, "


def asking(tool: Any) -> str:
    text: str = (tool.root / "modules/tool/tosca.yaml").read_text()
    text = text.replace("topology_template:\n", INPUTS)
    return text.replace("create.sh, inputs: {", KEY)


@pytest.mark.starts("deepcat")
def test_it_is_refused_by_plan_and_review(tool: Any) -> None:
    settings = (tool.root / "deepcat.yaml").read_text() + GROUPS + OWNED
    wish = (tool.root / "deployments/demo.yaml").read_text()
    tool.write({"deepcat.yaml": settings.replace("ada:", "'*':"), "deployments/demo.yaml": None})
    base = tool.commit("secrets of all")
    tool.git("checkout", "-q", "-b", "topic")
    tool.write({"modules/tool/tosca.yaml": asking(tool), "deployments/demo.yaml": wish})
    assert "+ demo: create" in tool.deepcat("plan")
    tool.write({"deployments/demo.yaml": wish + "inputs: {name: BOB_KEY}\n"})
    said = tool.deepcat("plan", ok=None)
    assert "! demo: refused" in said and "[secret/owner]" in said
    assert "the secret `env:DEEPCAT_WORKLOAD_BOB_KEY` belongs to `bob`, not to `ada`" in said
    head = tool.commit("topic")
    said = tool.deepcat("ci", "pr", "--base", base, "--head", head, "--author", "ada", ok=False)
    assert "[secret/owner]" in said
    # Nor does it help to give it away in the same change, to oneself or to all.
    tool.write({"deepcat.yaml": settings.replace("bob:", "'*':").replace("ada:", "bob:")})
    assert "+ demo: create" in tool.deepcat("plan")
    head = tool.commit("mine")
    said = tool.deepcat("ci", "pr", "--base", base, "--head", head, "--author", "ada", ok=False)
    assert "secret `env:DEEPCAT_WORKLOAD_BOB_KEY` belongs to `bob`, not to `ada`" in said
