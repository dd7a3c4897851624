"""Real PyGithub against a server that answers by GitHub's own description."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from deepcat.forge.failures import ForgeError
from deepcat.forge.github import GitHub
from deepcat.forge.values import (
    MAX_BODY,
    Annotation,
    Check,
    Issue,
    Part,
    People,
    Proposal,
    Role,
    Says,
    Vote,
)

pytestmark = pytest.mark.starts("a forge")

Connect = Callable[..., GitHub]


def bodies(hub: Any) -> list[str]:
    return [comment["body"] for comment in hub.state.comments.values()]


def test_one_comment_is_edited_in_place(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    first = github().put_comment(number, "review", "one")
    second = github().put_comment(number, "review", "two")
    assert first == second
    assert bodies(hub) == ["<!-- deepcat:review -->\ntwo"]


def test_the_same_comment_is_not_written_again(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    for _ in range(2):
        github().put_comment(number, "review", "one")
    assert not [call for call, _ in hub.calls if call.startswith("PATCH")]


def test_a_comment_of_someone_else_with_our_marker_is_left_alone(hub: Any, github: Connect) -> None:
    number = hub.open_pull("mallory", "mine", "a" * 40)
    hub.comment(number, "mallory", "<!-- deepcat:review -->\nall is well")
    github().put_comment(number, "review", "real")
    assert bodies(hub) == ["<!-- deepcat:review -->\nall is well", "<!-- deepcat:review -->\nreal"]


def test_our_comment_is_found_behind_two_hundred_others(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    for count in range(210):
        hub.comment(number, "ada", f"talk {count}")
    github().put_comment(number, "review", "one")
    github().put_comment(number, "review", "two")
    assert [body for body in bodies(hub) if "deepcat" in body] == ["<!-- deepcat:review -->\ntwo"]


def test_a_comment_that_is_too_long_is_cut_and_says_so(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    github().put_comment(number, "review", "x" * 100_000)
    (body,) = bodies(hub)
    assert len(body) <= MAX_BODY
    assert body.endswith("holds all of it.\n")


def test_labels_come_and_go_and_others_stay(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    github().set_labels(number, ["trivial"], ["trivial", "needs-maintainer"])
    hub.state.issues[number]["labels"].append({**hub.state.issues[number]["labels"][0]})
    hub.state.issues[number]["labels"][-1]["name"] = "by hand"
    github().set_labels(number, ["needs-maintainer"], ["trivial", "needs-maintainer"])
    names = {label["name"] for label in hub.state.issues[number]["labels"]}
    assert names == {"needs-maintainer", "by hand"}


def test_a_pull_request_is_told_with_its_last_reviews(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    hub.state.permissions = {"ada": "admin", "grace": "write"}
    hub.review(number, "grace", "APPROVED", "b" * 40)
    hub.review(number, "Alan", "DISMISSED")
    hub.review(number, "grace", "COMMENTED")
    hub.review(number, "helper[bot]", "CHANGES_REQUESTED")
    pull = github().pull(number)
    assert (pull.head, pull.base) == ("a" * 40, "main")
    assert pull.people == People(
        "a" * 40,
        "ada",
        Role.OWNER,
        (
            Vote("grace", Says.YES, "b" * 40, Role.WRITER),
            Vote("Alan", Says.WITHDRAWN, "a" * 40, Role.READER),
            Vote("helper[bot]", Says.NO, "a" * 40, Role.READER, True),
        ),
    )


def test_a_team_stands_for_its_active_members_as_far_as_the_token_sees(
    hub: Any, github: Connect
) -> None:
    hub.state.teams = {"deep/staff": {"ada": "active", "eve": "pending"}}
    found = github().teams(["deep/staff", "deep/secret"], ["ada", "eve", "bob", "x[bot]"])
    assert {who: set(teams) for who, teams in found.items() if teams} == {"ada": {"deep/staff"}}
    hub.fail("memberships/{username}", 403)
    assert github().teams(["deep/staff"], ["ada"]) == {"ada": frozenset()}


def test_a_fork_s_pull_request_is_found_only_while_it_stands_at_the_commit(
    hub: Any, github: Connect
) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40, owner="ada")
    found = github().pull_at("ada", "mine", "a" * 40, "main")
    assert found and found.number == number
    assert github().pull_at("ada", "mine", "b" * 40, "main") is None
    assert github().pull_at("mallory", "mine", "a" * 40, "main") is None


def test_what_the_review_said_is_found_again_from_the_merged_commit(
    hub: Any, github: Connect
) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    hub.state.pulls[number]["merge_commit_sha"] = "c" * 40
    github().put_comment(number, "review", "it costs 1 EUR")
    found = github().comment_of_merge("c" * 40, "review")
    assert found == ("<!-- deepcat:review -->\nit costs 1 EUR", "a" * 40)
    assert github().comment_of_merge("c" * 40, "other") is None
    assert github().comment_of_merge("d" * 40, "review") is None
    hub.review(number, "grace", "APPROVED")
    pull = github().pull_of_merge("c" * 40)
    assert pull and [vote.handle for vote in pull.people.votes] == ["grace"]
    assert github().pull_of_merge("d" * 40) is None


def test_a_check_gives_at_most_fifty_annotations(hub: Any, github: Connect) -> None:
    notes = tuple(
        Annotation(f"modules/m/{n}", n, "module/licence", "no licence", n % 2 == 0)
        for n in range(60)
    )
    github().put_check(Check("deepcat", "a" * 40, "failure", "2 errors", "words", notes))
    (check,) = hub.state.checks
    assert check["conclusion"] == "failure"
    assert len(check["output"]["annotations"]) == 50
    assert check["output"]["annotations"][0]["start_line"] == 1


OLD = "b" * 40
FOLDER = "c" * 40
PARTS = {
    "deployments/digits.yaml": Part("100644", "blob", OLD),
    "deployments/new.yaml": None,
    "modules/digits": Part("040000", "tree", FOLDER),
}
PROPOSAL = Proposal("revert/digits", "main", "Take digits back", "It failed.", PARTS)
AFTER = {"deployments/digits.yaml": "1", "modules/digits/module.yaml": "1"}


def begin(hub: Any, version: str = "2", more: dict[str, str] | None = None) -> None:
    """The state that `PROPOSAL` takes back."""
    hub.state.objects |= {OLD: {"": "1"}, FOLDER: {"module.yaml": "1"}}
    files = {
        "deployments/digits.yaml": version,
        "deployments/new.yaml": "",
        "modules/digits/module.yaml": version,
        "modules/digits/gone.bin": version,
    }
    hub.commit(files | (more or {}), "heads/main")


def test_one_pull_request_reverts_a_wish(hub: Any, github: Connect) -> None:
    begin(hub, more={"x": "y"})
    first = github().put_proposal(PROPOSAL)
    second = github().put_proposal(PROPOSAL)
    assert first == second != ""
    (pull,) = hub.state.pulls.values()
    assert pull["title"] == "Take digits back"
    assert hub.files("heads/deepcat/revert/digits") == AFTER | {"x": "y"}
    assert (
        len([call for call, _ in hub.calls if call.startswith("POST") and "commits" in call]) == 1
    )


def test_an_open_pull_request_is_brought_up_to_date(hub: Any, github: Connect) -> None:
    begin(hub)
    github().put_proposal(PROPOSAL)
    begin(hub, "3", {"z": ""})
    newer = Proposal("revert/digits", "main", "Again", "Worse.", PARTS)
    github().put_proposal(newer)
    (pull,) = hub.state.pulls.values()
    assert (pull["title"], pull["body"]) == ("Again", "<!-- deepcat:revert/digits -->\nWorse.")
    assert "z" in hub.files("heads/deepcat/revert/digits")


def test_what_was_brought_before_is_proposed_once(hub: Any, github: Connect) -> None:
    begin(hub)
    head = hub.commit({"x": "y"}, "heads/deepcat/train/demo")
    mine = Proposal(
        "train/demo", "main", "t", "b <!-- 1 -->", head=head, is_draft=True, once="<!-- 1 -->"
    )
    first = github().put_proposal(mine)
    assert github().put_proposal(mine) == first
    (pull,) = hub.state.pulls.values()
    assert pull["draft"] is True
    assert hub.files("heads/deepcat/train/demo") == {"x": "y"}
    pull["state"] = "closed"  # a person declined it
    assert github().put_proposal(mine) == first
    github().put_proposal(replace(mine, body="b <!-- 2 -->", once="<!-- 2 -->"))
    assert len(hub.state.pulls) == 2


def test_nothing_is_proposed_when_the_base_is_so_already(hub: Any, github: Connect) -> None:
    begin(hub, "1")
    only = Proposal(
        "revert/digits",
        "main",
        "t",
        "b",
        {"deployments/digits.yaml": PARTS["deployments/digits.yaml"]},
    )
    assert github().put_proposal(only) == ""
    assert hub.state.pulls == {}


def test_where_pull_requests_are_forbidden_an_issue_says_the_same(
    hub: Any, github: Connect
) -> None:
    begin(hub)
    hub.fail("POST /repos/{owner}/{repo}/pulls", 403, message="Actions may not do that")
    address = github().put_proposal(PROPOSAL)
    (issue,) = hub.state.issues.values()
    assert address == issue["html_url"]
    assert "`deepcat/revert/digits`" in issue["body"]


def test_one_issue_names_what_to_mend_and_is_closed_when_mended(hub: Any, github: Connect) -> None:
    first = github().put_issue(Issue("mend/digits", "digits fails", "No GPU."))
    second = github().put_issue(Issue("mend/digits", "digits fails", "No credentials."))
    other = github().put_issue(Issue("mend/iris", "iris fails", "No GPU."))
    assert first == second != other
    assert github().open_keys() == {"mend/digits", "mend/iris"}
    github().close("mend/digits", "It runs again.")
    github().close("mend/digits", "It runs again.")
    states = {issue["title"]: issue["state"] for issue in hub.state.issues.values()}
    assert states == {"digits fails": "closed", "iris fails": "open"}
    assert bodies(hub) == ["It runs again."]
    assert github().put_issue(Issue("mend/digits", "digits fails", "Again.")) != first


@pytest.mark.parametrize(
    ("status", "code", "tries"),
    [
        (401, "forge/credentials", 1),
        (403, "forge/forbidden", 1),
        (404, "forge/not-found", 1),
        (409, "forge/conflict", 4),
        (410, "forge/not-found", 1),
        (422, "forge/refused", 1),
        (500, "forge/unavailable", 4),
        (503, "forge/unavailable", 4),
        (0, "forge/unavailable", 4),
    ],
)
def test_a_lasting_fault_ends_typed_after_few_tries(
    hub: Any, github: Connect, waits: list[float], status: int, code: str, tries: int
) -> None:
    hub.fail("POST /repos/{owner}/{repo}/issues", status, times=99)
    with pytest.raises(ForgeError) as caught:
        github().put_issue(Issue("mend/digits", "t", "b"))
    assert caught.value.code == code
    assert caught.value.hint
    assert len(waits) == tries - 1
    assert len([1 for call, _ in hub.calls if call.startswith("POST")]) == tries


@pytest.mark.parametrize("status", [0, 409, 500, 502])
@pytest.mark.parametrize("after", [False, True])
def test_a_passing_fault_leaves_one_issue(
    hub: Any, github: Connect, status: int, after: bool
) -> None:
    hub.fail("POST /repos/{owner}/{repo}/issues", status, after=after)
    github().put_issue(Issue("mend/digits", "t", "b"))
    assert len(hub.state.issues) == 1


@pytest.mark.parametrize(
    "call",
    ["git/trees", "git/commits", "git/refs", "pulls", "labels", "git/ref/{ref}", "{commit_sha}"],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_proposal_bears_a_fault_at_every_call(
    hub: Any, github: Connect, call: str, after: bool
) -> None:
    begin(hub)
    hub.fail(call, 500, after=after)
    github().put_proposal(PROPOSAL)
    (pull,) = hub.state.pulls.values()
    assert pull["state"] == "open"
    assert hub.files("heads/deepcat/revert/digits") == AFTER


def test_a_time_out_is_tried_again_and_leaves_one_comment(hub: Any, github: Connect) -> None:
    number = hub.open_pull("ada", "mine", "a" * 40)
    hub.fail(
        "POST /repos/{owner}/{repo}/issues/{issue_number}/comments", 0, after=True, delay_s=1.3
    )
    github(timeout_s=1).put_comment(number, "review", "one")
    assert len(bodies(hub)) == 1


@pytest.mark.parametrize(
    ("status", "headers", "message", "waited"),
    [
        (403, {"Retry-After": "7"}, "slow down", 7.0),
        (429, {"Retry-After": "5"}, "slow down", 5.0),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000020"},
            "API rate limit exceeded",
            21.0,
        ),
        (403, {}, "You have exceeded a secondary rate limit", 30.0),
    ],
)
def test_a_limit_is_waited_for(
    hub: Any,
    github: Connect,
    waits: list[float],
    status: int,
    headers: dict[str, str],
    message: str,
    waited: float,
) -> None:
    hub.fail("GET /repos/{owner}/{repo}/issues", status, headers=headers, message=message)
    github().put_issue(Issue("mend/digits", "t", "b"))
    assert waits == [waited]


def test_a_limit_beyond_our_patience_is_said_at_once(
    hub: Any, github: Connect, waits: list[float]
) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1003600"}
    hub.fail("GET /repos/{owner}/{repo}/issues", 403, headers=headers, message="rate limit")
    with pytest.raises(ForgeError) as caught:
        github().put_issue(Issue("mend/digits", "t", "b"))
    assert caught.value.code == "forge/limit"
    assert waits == []


def test_no_error_shows_the_token(hub: Any, github: Connect) -> None:
    hub.fail("GET /repos/{owner}/{repo}/issues", 401, message="Bad credentials")
    with pytest.raises(ForgeError) as caught:
        github().put_issue(Issue("mend/digits", "t", "b"))
    assert "secret-token" not in str(caught.value)


def test_the_contract_refuses_a_wrong_call(contract: Any) -> None:
    import requests
    from github_server import GitHub as Server

    server = Server(contract)
    try:
        base = f"{server.url}/repos/deep/catalog"
        calls = [
            ("POST", f"{base}/pulls", {"title": 1, "head": "a", "base": "main"}),
            ("POST", f"{base}/issues", {"titel": "a"}),
            ("PATCH", f"{base}/issues/x", {"state": "open"}),
            ("GET", f"{base}/issues?stat=open", None),
        ]
        answers = [requests.request(*call[:2], json=call[2], timeout=120) for call in calls]
        assert [answer.status_code for answer in answers] == [422] * 4
        assert requests.get(f"{base}/issue", timeout=120).status_code == 404
        assert len(server.violations) >= 5
    finally:
        server.close()
