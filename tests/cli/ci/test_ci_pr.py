"""`deepcat ci pr`: what a contributor is told, with no right to write anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

MODULE_FILE = "modules/half-plus-two/module.yaml"
MINE = ("--base", "main", "--author", "deepcat-founders")


def report(place: Any) -> Any:
    return json.loads((place.root / ".deepcat/ci/review.json").read_text())


def codes(place: Any) -> list[str]:
    return sorted({each["code"] for each in report(place)["findings"]})


@pytest.fixture
def branch(place: Callable[..., Any]) -> Callable[..., Any]:
    """A clone on a branch of its own."""

    def make(files: dict[str, str] | None = None) -> Any:
        found = place(files)
        found.git("checkout", "-q", "-b", "mine")
        found.environment["PWD"] = str(found.root)
        return found

    return make


def pr(found: Any, *argv: str) -> Any:
    return found.deepcat("ci", "pr", "--out", str(found.root / ".deepcat/ci"), *(argv or MINE))


def test_a_mistake_is_told_where_it_stands_and_how_to_mend_it(branch: Any) -> None:
    found = branch()
    found.edit(MODULE_FILE, "license: ", "licence: ")
    found.commit("mistake")
    said = pr(found)
    assert said.code == 1
    assert f"{MODULE_FILE}:" in said.text
    assert "did you mean `license`?" in said.text
    assert "schema/unknown-key" in codes(found)


def test_a_trivial_update_is_ready_at_once(branch: Any) -> None:
    found = branch()
    found.write({"modules/half-plus-two/README.md": "# Half plus two\n\nBetter words.\n"})
    found.commit("words")
    said = pr(found)
    assert (said.code, codes(found)) == (0, [])
    assert "Ready to merge: a trivial update" in (found.root / ".deepcat/ci/review.md").read_text()


def test_who_was_a_maintainer_when_the_branch_began_asks_who_is_one_now(branch: Any) -> None:
    """Eve branches from before her removal, and changes words alone."""
    found = branch()
    found.edit(MODULE_FILE, "[deepcat-founders]", '["@ann", "@eve"]')
    began = found.commit("two maintainers")
    found.edit(MODULE_FILE, '["@ann", "@eve"]', '["@ann"]')
    found.git("branch", "-f", "main", found.commit("one maintainer"))
    found.git("checkout", "-q", "-B", "hers", began)
    found.write({"modules/half-plus-two/README.md": "# Half plus two\n\nOther words.\n"})
    found.commit("words")
    said = pr(found, "--base", "main", "--author", "eve")
    assert "modules/half-plus-two changes a module of others: ann may say yes." in said.text
    assert "Ready to merge" not in (found.root / ".deepcat/ci/review.md").read_text()


def test_no_name_prints_a_line_of_its_own(branch: Any) -> None:
    """A workflow's runner obeys lines that begin with `::`."""
    found = branch()
    found.edit(MODULE_FILE, "[deepcat-founders]", '["@boss\\n::error::x", "deepcat-founders"]')
    found.commit("a name of two lines")
    said = pr(found)
    assert not any(line.startswith("::") for line in said.text.splitlines())


def test_another_model_needs_another_version(branch: Any) -> None:
    found = branch()
    found.edit(MODULE_FILE, "tolerance: 0.0001", "tolerance: 0.001")
    found.edit("modules/half-plus-two/tosca.yaml", "512 MB", "600 MB")
    found.commit("another topology")
    assert pr(found).code == 1
    assert codes(found) == ["review/answer", "review/version"]
    assert "flowchart" in report(found)["pictures"]["half-plus-two"]


def test_the_plan_shows_what_the_merge_will_do(branch: Any, wish: Callable[..., str]) -> None:
    found = branch()
    found.write({"deployments/demo.yaml": wish()})
    found.commit("wish")
    said = pr(found, "--base", "main", "--author", "eve")
    assert said.code == 0
    assert "deployments/demo.yaml names an owner" in said.text
    assert "ada may say yes" in said.text
    assert "+ demo: create (half-plus-two 1.0.0)" in report(found)["plan"]
    assert report(found)["shown"]["demo"]["cloud"] == "local"


def test_a_deployment_beyond_its_owner_s_quota_is_told(
    branch: Any, wish: Callable[..., str]
) -> None:
    found = branch({"deployments/one.yaml": wish()})
    text = (found.root / "deepcat.yaml").read_text()
    found.write({"deepcat.yaml": text + "quotas: {ada: {deployments: 1}}\n"})
    found.commit("quota")
    found.git("branch", "-f", "main")
    found.write({"deployments/two.yaml": wish()})
    found.commit("one too many")
    assert pr(found, "--base", "main", "--author", "ada").code == 1
    assert codes(found) == ["review/quota"]
    (finding,) = report(found)["findings"]
    text = (found.root / "deployments/two.yaml").read_text().splitlines()
    assert finding["path"] == "deployments/two.yaml"
    assert '"owner"' in text[finding["line"] - 1]
    assert "ada may have 1; 0 left, 1 needed" in finding["message"]
    assert "end another deployment of the owner" in finding["hint"]


def test_a_mistake_that_was_there_before_is_not_this_one_s(
    branch: Any, wish: Callable[..., str]
) -> None:
    found = branch({"deployments/old.yaml": wish(module="none-such")})
    found.write({"modules/half-plus-two/README.md": "# Words\n\nMore.\n"})
    found.commit("words")
    assert pr(found).code == 0


def test_a_mistake_caused_elsewhere_is_told(branch: Any, wish: Callable[..., str]) -> None:
    found = branch({"deployments/demo.yaml": wish()})
    found.git("rm", "-q", "-r", "modules/half-plus-two")
    found.commit("gone")
    assert pr(found).code == 1
    assert any(each["path"] == "deployments/demo.yaml" for each in report(found)["findings"])


def test_in_a_workflow_the_merge_is_reviewed_and_lines_are_annotated(branch: Any) -> None:
    found = branch()
    found.edit(MODULE_FILE, "license: ", "licence: ")
    head = found.commit("mistake")
    found.git("checkout", "-q", "main")
    found.write({"README.md": "newer main\n"})
    found.commit("main moves on")
    found.git("checkout", "-q", "--detach")
    found.git("merge", "-q", "--no-ff", "-m", "as GitHub would", "mine")
    found.event(
        {
            "pull_request": {
                "number": 7,
                "user": {"login": "deepcat-founders"},
                "head": {"sha": head, "ref": "mine", "repo": {"owner": {"login": "x"}}},
                "base": {"sha": "f" * 40},
            }
        }
    )
    said = pr(found, "--no-plan")
    assert said.code == 1
    assert f"::error file={MODULE_FILE},line=" in said.text
    assert report(found)["head"] == head
    assert all("README.md" not in each["path"] for each in report(found)["findings"])


@pytest.mark.parametrize("name", ["--upload-pack=touch${IFS}x", "no such", "main..HEAD", "HEAD:x"])
def test_a_name_that_means_no_commit_is_misuse(branch: Any, name: str) -> None:
    said = pr(branch(), f"--base={name}")
    assert said.code == 2
    assert "there is no commit" in said.text


def test_an_event_of_any_form_is_only_data(branch: Any) -> None:
    found = branch()
    found.write({"README.md": "x\n"})
    found.commit("x")
    for data in (
        [],
        {"pull_request": []},
        {"pull_request": {"head": {"sha": "$(id)"}}},
        {"after": 3},
    ):
        found.event(data)
        assert pr(found, "--base", "main", "--no-plan").code == 0
