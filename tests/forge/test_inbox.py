"""What every forge's inbox must do, held against each forge: one open entry a key, until closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deepcat.forge import choose
from deepcat.forge.git import Repository
from deepcat.forge.scene import Scene
from deepcat.forge.values import Inbox, Issue, Proposal

ISSUE = Issue("mend/demo", "Mend demo", "Its model has another checksum.")
ENVIRONMENT = "DEEPCAT_TEST_FORGE"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the forge that is under test finds; a recipe names its own by `DEEPCAT_TEST_FORGE`."""
    words = os.environ.get(ENVIRONMENT, "").replace("TMP", str(tmp_path))
    return dict(pair.split("=", 1) for pair in words.split())


def test_one_entry_a_key_until_it_is_closed(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], environment: dict[str, str]
) -> None:
    git = Repository(git_tree_at({"deployments/demo.yaml": "module: demo\n"}))
    with choose.open_inbox(choose.scene(environment), git) as inbox:
        assert inbox.open_keys() == frozenset()
        first, again = inbox.put_issue(ISSUE), inbox.put_issue(ISSUE)
        assert first == again
        assert inbox.open_keys() == {"mend/demo"}
        assert inbox.put_proposal(proposal("revert/demo", "main"))
        assert inbox.open_keys() == {"mend/demo", "revert/demo"}
        inbox.close("mend/demo", "It is as wished again.")
        inbox.close("nothing/of-this", "It never was open.")
        assert inbox.open_keys() == {"revert/demo"}


def proposal(key: str, base: str) -> Proposal:
    return Proposal(key, base, "Take demo back", "It failed.", {"deployments/demo.yaml": None})


AT = {"GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "a/b"}
# Where a runner says that it runs -> where its log is.
LOGS = [
    (AT | {"GITHUB_RUN_ID": "77"}, "https://forge.example/a/b/actions/runs/77"),
    (AT | {"GITHUB_RUN_ID": "77/../1"}, ""),
    (AT, ""),
    (
        AT | {"FORGEJO_ACTIONS": "true", "GITHUB_RUN_ID": "9000", "GITHUB_RUN_NUMBER": "3"},
        "https://forge.example/a/b/actions/runs/3",
    ),
    ({"GITLAB_CI": "true", "CI_JOB_URL": "https://lab/-/jobs/1"}, "https://lab/-/jobs/1"),
]


def test_the_first_forge_that_knows_the_environment_is_taken(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text("{}")
    assert choose.scene({}) == Scene()
    for environment, log in LOGS:
        assert choose.scene(environment).log == log
    found = choose.scene({"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "a/b"})
    assert (found.forge, found.repository, found.has_forge) == ("github", "a/b", False)
    writes = choose.scene({"GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "ghs_of-the-test"})
    assert writes.has_forge


def test_what_is_no_forge_is_the_repository_itself(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    git = Repository(git_tree_at({"x": "y"}))
    asked: list[Any] = []

    class Other:
        NAME = "other"

        def scene(self, environment: Mapping[str, str], /) -> Scene | None:
            asked.append(environment)
            return Scene(forge="other", may_write=False)

        def inbox(self, here: Scene, /) -> Any:
            raise AssertionError("nobody may write there")

    monkeypatch.setattr(choose, "FORGES", (Other(),))
    here = choose.scene({"A": "b"})
    assert asked == [{"A": "b"}]
    with choose.open_inbox(here, git) as inbox:
        kept: Inbox = inbox
        assert kept.put_issue(ISSUE) == "deepcat/mend/demo"


@pytest.mark.parametrize(
    ("environment", "server"),
    [
        (
            {
                "GITLAB_CI": "true",
                "CI_PROJECT_PATH": "a/b",
                "CI_SERVER_URL": "https://gitlab.example",
                "DEEPCAT_TOKEN": "glpat-of-the-test",
            },
            "https://gitlab.example",
        ),
        *(
            (
                {
                    name: "true",
                    "GITHUB_REPOSITORY": "a/b",
                    "GITHUB_SERVER_URL": "https://git.example",
                    "GITHUB_API_URL": "https://git.example/api/v1",
                    "GITHUB_TOKEN": "token-of-the-test",
                },
                "https://git.example",
            )
            for name in ("FORGEJO_ACTIONS", "GITEA_ACTIONS")
        ),
    ],
    ids=["gitlab", "forgejo", "gitea"],
)
def test_of_some_forges_git_alone_is_used(environment: dict[str, str], server: str) -> None:
    found = choose.scene(environment)
    assert (found.forge, found.repository, found.server) == ("git", "a/b", server)
    assert found.has_forge
    assert not found.api
    without = {key: value for key, value in environment.items() if "TOKEN" not in key}
    assert not choose.scene(without).has_forge


def test_there_what_waits_is_a_branch_of_the_remote_that_every_runner_knows_again(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    origin = git_tree_at({"deployments/demo.yaml": "module: demo\n"})
    heads = Repository(origin)
    here = Scene(forge="git", repository="a/b", token="t", server="https://x", may_write=True)

    def runner(name: str) -> Repository:
        heads("clone", "--quiet", str(origin), str(tmp_path / name))
        return Repository(tmp_path / name)

    with choose.open_inbox(here, runner("one")) as inbox:
        assert inbox.put_issue(ISSUE) == "deepcat/mend/demo"
        assert inbox.put_proposal(proposal("revert/demo", "main")) == "deepcat/revert/demo"
    kept = heads.commit("refs/heads/deepcat/mend/demo")
    assert heads("show", "-s", "--format=%B", kept).decode().startswith(ISSUE.title)
    assert "deployments/demo.yaml" not in heads("ls-tree", "-r", "deepcat/revert/demo").decode()
    with choose.open_inbox(here, runner("two")) as inbox:
        assert inbox.open_keys() == {"mend/demo", "revert/demo"}
        inbox.put_issue(ISSUE)
        assert heads.commit("refs/heads/deepcat/mend/demo") == kept, "nothing new was said"
        inbox.close("mend/demo", "It is as wished again.")
        inbox.close("nothing/of-this", "It never was open.")
        assert inbox.open_keys() == {"revert/demo"}
    assert not heads.commit("refs/heads/deepcat/mend/demo")
