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


def test_the_first_forge_that_knows_the_environment_is_taken(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text("{}")
    assert choose.scene({}) == Scene()
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
