"""Policies in the loop: what a check, a plan, an apply and a review make of them."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.starts("deepcat, and the program that evaluates policies")
DENY = """\
apiVersion: deepcat/v1
name: named
summary: Deployments have names that say whose they are.
on: deployment
deny: "!input.deployment.name.startsWith(input.deployment.owner.replace('@', '') + '-')"
message_expression: "'`' + input.deployment.name + '` does not begin with its owner'"
at: owner
hint: rename the file
"""
WARN = """\
package main
import rego.v1
warn contains msg if {
    input.on == "plan"
    input.change.action == "create"
    name := input.deployment.name
    msg := sprintf("%s comes up on %s for %v", [name, input.cloud.name, input.groups])
}
"""
REVIEW = """\
apiVersion: deepcat/v1
name: two-eyes
on: plan
when: has(input.review)
deny: size(input.review.approvals) < 1
message_expression: "'nobody but ' + input.review.author + ' looked at it'"
"""
SAID = "`demo` does not begin with its owner (policy `named`, policies/named.yaml:5)"


def test_what_is_denied_is_refused_before_anything_is_done(tool: Any) -> None:
    tool.write({"policies/named.yaml": DENY, "policies/told.rego": WARN})
    said = tool.deepcat("check", ok=False)
    assert f"deployments/demo.yaml:4:1: error: {SAID} [policy/denied]" in said
    assert tool.deepcat("check", ok=False) == said
    for verb in (("plan",), ("apply", "-y")):
        said = tool.deepcat(*verb, ok=False)
        assert "! demo: refused" in said and SAID in said
    assert not tool.mark("mark").exists()
    tool.write({"policies/named.yaml": DENY.replace("'@', '') + '-'", "'@ada', 'demo')")})
    assert "[policy/" not in tool.deepcat("check")
    said = tool.deepcat("plan")
    assert "+ demo: create" in said and "? demo: demo comes up on local for [] (policy" in said


def test_a_policy_that_cannot_be_asked_lets_nothing_pass(tool: Any) -> None:
    base = tool.commit("no policy")
    for text, place in (("input.nobody", "deployments/demo.yaml"), ("(", "policies/named.yaml:5")):
        tool.write({"policies/named.yaml": DENY.replace("input.deployment.owner", text)})
        assert f"{place}: error: the policy `named`" in tool.deepcat("check", ok=False)
        said = tool.deepcat("apply", "-y", ok=False)
        assert "! demo: refused" in said and "[policy/broken]" in said
    # Who mends it is not refused for it, and what goes is not asked about.
    bad = tool.commit("broken")
    tool.write({"policies/named.yaml": DENY})
    head = tool.commit("mended")
    assert "[policy/broken]" not in tool.deepcat("ci", "pr", "--base", bad, "--head", head)
    said = tool.deepcat("ci", "pr", "--base", base, "--head", bad, ok=False)
    assert "[policy/broken]" in said
    assert "nothing passes" in tool.deepcat("check", "--explain", "policy/broken")


def test_a_review_goes_by_the_policies_of_the_target(tool: Any) -> None:
    tool.write({"policies/named.yaml": DENY, "policies/eyes.yaml": REVIEW})
    base = tool.commit("policies")
    tool.git("checkout", "-q", "-b", "topic")
    wish = (tool.root / "deployments/demo.yaml").read_text()
    tool.write({"policies/named.yaml": None, "policies/eyes.yaml": None})
    tool.write({"policies/new.rego": WARN, "policies/odd.rego": "package main\ndeny {"})
    tool.write({"deployments/demo.yaml": wish + "placement: {prefer: price}\n"})
    head = tool.commit("lift")
    asks = ("ci", "pr", "--base", base, "--head", head, "--author", "eve")
    said = tool.deepcat(*asks, ok=False)
    assert f"{SAID} [policy/denied]" in said
    assert "policies/odd.rego:1: error: the policy `odd` cannot be evaluated" in said
    assert "nobody but eve looked at it" in said
    assert "policies/: changes the catalog itself" in said or "policies/ changes" in said
    assert "nobody but" not in tool.deepcat(*asks, "--approved", "ada", ok=False)
