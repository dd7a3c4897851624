"""EDGE of the forge: GitHub through PyGithub."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from deepcat.forge.failures import Failure, ForgeError, from_answer, from_fault
from deepcat.forge.values import (
    LABEL,
    Check,
    Issue,
    People,
    Proposal,
    Pull,
    Role,
    Says,
    Vote,
    key_of,
    marked,
    marker,
)

if TYPE_CHECKING:
    from github.Issue import Issue as GithubIssue
    from github.IssueComment import IssueComment
    from github.PullRequest import PullRequest
    from github.Repository import Repository

T = TypeVar("T")

ATTEMPTS = 4
MAX_ANNOTATIONS = 50
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
BOT = "github-actions[bot]"
_SAYS = {"APPROVED": Says.YES, "CHANGES_REQUESTED": Says.NO, "DISMISSED": Says.WITHDRAWN}
# What may do more than write is told as `admin`, what may do less as `read` or `none`.
_ROLES = {"admin": Role.OWNER, "write": Role.WRITER}


class GitHub:
    """One repository on GitHub.

    Args:
        repository: ``owner/name``.
        token: with the permissions of the calls that are made.
        url: of the REST API.
        bot: the login that the token writes as; only this login's comments are ever edited.
        timeout_s: for one call.
        patience_s: the longest time to wait, in all, for one operation's repetitions.
        sleep: waits so many seconds.
        now: seconds since the epoch.

    Raises:
        ForgeError: from every method, when the forge did not do it.
    """

    def __init__(
        self,
        repository: str,
        token: str,
        *,
        url: str = "https://api.github.com",
        bot: str = BOT,
        timeout_s: int = 15,
        patience_s: float = 90.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        from github import Auth, Github

        self._client = Github(
            auth=Auth.Token(token),
            base_url=url,
            timeout=timeout_s,
            retry=None,
            per_page=100,
            lazy=True,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        self._name = repository
        self._bot = bot
        self._patience_s = patience_s
        self._sleep = sleep
        self._now = now

    # Pull requests that people open.

    def pull(self, number: int) -> Pull:
        """The pull request of this number."""
        return self._repeat(lambda: self._pull(self._repository().get_pull(number)))

    def pull_at(self, owner: str, branch: str, commit: str, base: str) -> Pull | None:
        """The open pull request of a branch to another one, if it still stands at this commit."""

        def find() -> Pull | None:
            pulls = self._repository().get_pulls(state="open", head=f"{owner}:{branch}", base=base)
            found = [each for each in pulls if each.head.sha == commit]
            return self._pull(found[0]) if len(found) == 1 else None

        return self._repeat(find)

    def default_branch(self) -> str:
        """The branch that the forge calls the default."""
        return self._repeat(lambda: str(self._repository().default_branch))

    def teams(self, wanted: Iterable[str], people: Iterable[str]) -> dict[str, frozenset[str]]:
        """Person -> those of these teams (``owner/team``) of which they are a member.

        A team that the token may not see has no member.
        """
        asked = sorted(set(wanted))
        return {
            login: frozenset(
                team for team in asked if self._repeat(partial(self._is_in, team, login))
            )
            for login in sorted(set(people))
        }

    def _is_in(self, team: str, login: str) -> bool:
        from github import GithubException

        owner, _, slug = team.partition("/")
        path = f"/orgs/{owner}/teams/{slug}/memberships/{login}"
        if not all(_NAME.fullmatch(part) for part in (owner, slug, login)):
            return False  # a program, or no name that the forge gives
        try:
            _, data = self._client.requester.requestJsonAndCheck("GET", path)
        except GithubException as error:
            if error.status in {403, 404}:
                return False
            raise
        return isinstance(data, dict) and data.get("state") == "active"

    def comment_of_merge(self, commit: str, key: str) -> tuple[str, str] | None:
        """Our comment on the pull request that brought a commit, and its head; None without one."""

        def find() -> tuple[str, str] | None:
            pull = self._brought(commit)
            if pull is None:
                return None
            found = self._comment(self._repository().get_issue(pull.number), key)
            return (str(found.body), str(pull.head.sha)) if found else None

        return self._repeat(find)

    def pull_of_merge(self, commit: str) -> Pull | None:
        """The pull request that brought a commit; None where none did."""

        def find() -> Pull | None:
            pull = self._brought(commit)
            return self._pull(pull) if pull else None

        return self._repeat(find)

    def _brought(self, commit: str) -> PullRequest | None:
        pulls = self._repository().get_commit(commit).get_pulls()
        return next((p for p in pulls if commit in (p.merge_commit_sha, p.head.sha)), None)

    def put_comment(self, number: int, key: str, body: str) -> str:
        """Let the one comment of this key say this; gives its address."""
        text = marked(key, body)

        def put() -> str:
            issue = self._repository().get_issue(number)
            known = self._comment(issue, key)
            if known is None:
                return str(issue.create_comment(text).html_url)
            if known.body != text:
                known.edit(text)
            return str(known.html_url)

        return self._repeat(put)

    def set_labels(self, number: int, wanted: Iterable[str], managed: Iterable[str]) -> None:
        """Let the labels wanted be there, and those managed but not wanted be gone."""
        wanted_set, managed_set = set(wanted), set(managed)

        def put() -> None:
            issue = self._repository().get_issue(number)
            names = {label.name for label in issue.labels}
            if wanted_set - names:
                issue.add_to_labels(*sorted(wanted_set - names))
            for name in sorted((managed_set - wanted_set) & names):
                _unless_gone(partial(issue.remove_from_labels, name))

        self._repeat(put)

    def put_check(self, check: Check) -> str:
        """Give the verdict on a commit; gives its address."""
        annotations = [
            {
                "path": each.path,
                "start_line": max(each.line, 1),
                "end_line": max(each.line, 1),
                "annotation_level": "failure" if each.is_error else "notice",
                "title": each.title,
                "message": each.message,
            }
            for each in check.annotations[:MAX_ANNOTATIONS]
        ]
        output = {
            "title": check.title,
            "summary": marked(check.name, check.summary),
            "annotations": annotations,
        }
        run = self._repeat(
            lambda: self._repository().create_check_run(
                check.name,
                check.commit,
                status="completed",
                conclusion=check.conclusion,
                output=output,  # type: ignore[arg-type]
            )
        )
        return str(run.html_url)

    # What deepcat itself has to say.

    def put_proposal(self, proposal: Proposal) -> str:
        """Open or update the one pull request of this key; gives its address.

        Where the token may not open pull requests, an issue says the same.
        """
        try:
            return self._repeat(lambda: self._put_proposal(proposal))
        except ForgeError as error:
            if error.code != "forge/forbidden":
                raise
            note = (
                f"\n\nThe branch `{proposal.branch}` holds the change; open a pull request for it."
            )
            return self.put_issue(Issue(proposal.key, proposal.title, proposal.body + note))

    def put_issue(self, issue: Issue) -> str:
        """Open or update the one issue of this key; gives its address."""
        text = marked(issue.key, issue.body)

        def put() -> str:
            known = self._issue(issue.key)
            if known is None:
                made = self._repository().create_issue(issue.title, text, labels=[LABEL])
                return str(made.html_url)
            if (known.title, known.body) != (issue.title, text):
                known.edit(title=issue.title, body=text)
            return str(known.html_url)

        return self._repeat(put)

    def open_keys(self) -> frozenset[str]:
        """The keys of all that is open."""

        def find() -> frozenset[str]:
            issues = self._repository().get_issues(state="open", labels=[LABEL])
            ours = (issue for issue in issues if issue.user.login == self._bot)
            return frozenset(filter(None, (key_of(issue.body or "") for issue in ours)))

        return self._repeat(find)

    def close(self, key: str, reason: str) -> None:
        """Close what is open under this key, because it no longer holds."""

        def close() -> None:
            known = self._issue(key, pulls=True)
            if known is not None:
                known.create_comment(reason)
                known.edit(state="closed")

        self._repeat(close)

    def _put_proposal(self, proposal: Proposal) -> str:
        repository = self._repository()
        head = proposal.head or self._put_branch(repository, proposal)
        if not head:
            return ""
        owner = self._name.partition("/")[0]
        text = marked(proposal.key, proposal.body)
        where = {"head": f"{owner}:{proposal.branch}", "base": proposal.base}
        if proposal.once:
            for pull in repository.get_pulls(state="closed", **where):
                if pull.user.login == self._bot and proposal.once in (pull.body or ""):
                    return str(pull.html_url)
        for pull in repository.get_pulls(state="open", **where):
            if (pull.title, pull.body) != (proposal.title, text):
                pull.edit(title=proposal.title, body=text)
            return str(pull.html_url)
        pull = repository.create_pull(
            base=proposal.base,
            head=proposal.branch,
            title=proposal.title,
            body=text,
            draft=proposal.is_draft,
        )
        repository.get_issue(pull.number).add_to_labels(LABEL)
        return str(pull.html_url)

    def _put_branch(self, repository: Repository, proposal: Proposal) -> str:
        """Let the branch be the base plus the parts; empty when the base has them already."""
        from github import InputGitTreeElement

        base = repository.get_git_ref(f"heads/{proposal.base}").object.sha
        commit = repository.get_git_commit(base)
        elements = [
            InputGitTreeElement(path, "100644", "blob", sha=None)
            if part is None
            else InputGitTreeElement(path, part.mode, part.kind, sha=part.sha)
            for path, part in sorted(proposal.parts.items())
        ]
        tree = repository.create_git_tree(elements, commit.tree)
        if tree.sha == commit.tree.sha:
            return ""
        name = f"heads/{proposal.branch}"
        ref = repository.get_git_ref(name)
        known = _unless_gone(lambda: ref.object.sha)
        if known and repository.get_git_commit(known).tree.sha == tree.sha:
            return known
        sha = repository.create_git_commit(proposal.title, tree, [commit]).sha
        if known is None:
            repository.create_git_ref(f"refs/{name}", sha)
        else:
            ref.edit(sha, force=True)
        return sha

    def _comment(self, issue: GithubIssue, key: str) -> IssueComment | None:
        for comment in issue.get_comments():
            # Anyone may write our marker into a comment of their own: that one is not ours.
            if comment.user.login == self._bot and comment.body.startswith(marker(key)):
                return comment
        return None

    def _issue(self, key: str, *, pulls: bool = False) -> GithubIssue | None:
        for issue in self._repository().get_issues(state="open", labels=[LABEL]):
            ours = issue.user.login == self._bot and (issue.body or "").startswith(marker(key))
            if ours and (pulls or issue.pull_request is None):
                return issue
        return None

    def _pull(self, pull: PullRequest) -> Pull:
        found = [
            (review.user, _SAYS[review.state], review.commit_id or "")
            for review in pull.get_reviews()
            if review.user is not None and review.state in _SAYS
        ]
        people = {user.login for user, _, _ in found} | {pull.user.login}
        roles = {login: self._role(login) for login in sorted(people)}
        votes = tuple(
            Vote(user.login, says, commit, roles[user.login], user.type != "User")
            for user, says, commit in found
        )
        return Pull(
            number=pull.number,
            head=pull.head.sha,
            base=pull.base.ref,
            people=People(pull.head.sha, pull.user.login, roles[pull.user.login], votes),
            labels=frozenset(label.name for label in pull.labels),
        )

    def _role(self, login: str) -> Role:
        def ask() -> str:
            return str(self._repository().get_collaborator_permission(login))

        return _ROLES.get(_unless_gone(ask) or "", Role.READER)

    def _repository(self) -> Repository:
        return self._client.get_repo(self._name)

    def _repeat(self, operation: Callable[[], T]) -> T:
        """Do it, and again after a fault that passes; every operation bears being done twice."""
        waited = 0.0
        for attempt in range(ATTEMPTS):
            try:
                return operation()
            except Exception as error:
                failure = self._failure(error, attempt)
                if failure is None:
                    raise
                is_last = attempt == ATTEMPTS - 1
                if failure.wait_s is None or is_last or waited + failure.wait_s > self._patience_s:
                    raise failure.error() from error
                waited += failure.wait_s
                self._sleep(failure.wait_s)
        raise AssertionError("unreachable")

    def _failure(self, error: Exception, attempt: int) -> Failure | None:
        from github import GithubException
        from requests.exceptions import RequestException

        if isinstance(error, GithubException):
            headers: Any = error.headers or {}
            return from_answer(error.status, headers, error.data, attempt, self._now())
        if isinstance(error, RequestException):
            return from_fault(type(error).__name__, attempt)
        return None


def _unless_gone(call: Callable[[], T]) -> T | None:
    from github import UnknownObjectException

    try:
        return call()
    except UnknownObjectException:
        return None
