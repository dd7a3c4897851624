"""What the loopback GitHub answers, out of its state and GitHub's own published examples."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"


@dataclass
class State:
    """What the repository holds."""

    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    reviews: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    # Login -> `admin`, `write`, `read` or `none`; who is not named may read, as in public.
    permissions: dict[str, str] = field(default_factory=dict)
    # `owner/team` -> login -> `active` or `pending`.
    teams: dict[str, dict[str, str]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, Any]] = field(default_factory=dict)
    trees: dict[str, dict[str, str]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    # A blob is {"": content}, a folder {path inside: content}.
    objects: dict[str, dict[str, str]] = field(default_factory=dict)


class Refusal(Exception):
    """GitHub says no."""

    def __init__(self, status: int, message: str, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message)
        self.status, self.errors = status, list(errors)


class Answers:
    """One repository, `deep/catalog`; each method gives the status and the body of one call."""

    url: str
    contract: Any
    attached: Any
    # A real repository beside it, whose objects it knows too.
    repository: Path | None = None

    def __init__(self) -> None:
        self.state = State()
        self._numbers = itertools.count(1)

    def _get_repository(self, *_: Any) -> tuple[int, Any]:
        repository = self.contract.example("full-repository-default-response")
        for each in (repository, repository["source"], repository["parent"]):
            each.setdefault("language", None)  # GitHub's example lacks what its schema requires
        repository |= {"name": "catalog", "full_name": "deep/catalog", "default_branch": "main"}
        repository["private"] = self.attached.is_private
        return 200, self._local(repository)

    # Issues.

    def _list_issues(self, _: Any, query: Mapping[str, str], __: Any) -> tuple[int, Any]:
        wanted = set(filter(None, query.get("labels", "").split(",")))
        return 200, [
            issue
            for issue in reversed(self.state.issues.values())
            if query.get("state", "open") in {issue["state"], "all"}
            and wanted <= {label["name"] for label in issue["labels"]}
        ]

    def _post_issue(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        return 201, self._new_issue(body, BOT)

    def _get_issue(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        return 200, self.state.issues[int(values["issue_number"])]

    def _patch_issue(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        issue = self.state.issues[int(values["issue_number"])]
        issue |= {key: value for key, value in body.items() if key in {"title", "body", "state"}}
        if "labels" in body:
            issue["labels"] = [self._label(name) for name in body["labels"]]
        return 200, issue

    def _list_comments(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        number = int(values["issue_number"])
        self.state.issues[number]
        return 200, [each for each in self.state.comments.values() if each["_issue"] == number]

    def _post_comment(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        number = int(values["issue_number"])
        self.state.issues[number]
        return 201, self._new_comment(number, BOT, body["body"])

    def _patch_comment(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        comment = self.state.comments[int(values["comment_id"])]
        comment["body"] = body["body"]
        return 200, comment

    def _post_labels(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        issue = self.state.issues[int(values["issue_number"])]
        names = body["labels"] if isinstance(body, dict) else body
        known = {label["name"] for label in issue["labels"]}
        issue["labels"] += [self._label(name) for name in names if name not in known]
        return 200, issue["labels"]

    def _delete_label(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        issue = self.state.issues[int(values["issue_number"])]
        left = [label for label in issue["labels"] if label["name"] != values["name"]]
        if len(left) == len(issue["labels"]):
            raise Refusal(404, "Label does not exist")
        issue["labels"] = left
        return 200, left

    # Pull requests.

    def _list_pulls(self, _: Any, query: Mapping[str, str], __: Any) -> tuple[int, Any]:
        simple = self.contract.example("pull-request-simple-items")[0].keys()
        return 200, [
            {key: value for key, value in pull.items() if key in simple}
            for pull in reversed(self.state.pulls.values())
            if query.get("state", "open") in {pull["state"], "all"}
            and query.get("head", pull["head"]["label"]) == pull["head"]["label"]
            and query.get("base", pull["base"]["ref"]) == pull["base"]["ref"]
        ]

    def _list_pulls_of_commit(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        simple = self.contract.example("pull-request-simple-items")[0].keys()
        return 200, [
            {key: value for key, value in pull.items() if key in simple}
            for pull in self.state.pulls.values()
            if values["commit_sha"] in (pull["merge_commit_sha"], pull["head"]["sha"])
        ]

    def _post_pull(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        if f"heads/{body['head']}" not in self.state.refs:
            raise Refusal(422, "Validation Failed: head is invalid")
        for pull in self.state.pulls.values():
            if pull["head"]["ref"] == body["head"] and pull["state"] == "open":
                raise Refusal(422, f"A pull request already exists for deep:{body['head']}.")
        return 201, self._new_pull(body, "deep")

    def _get_pull(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        return 200, self.state.pulls[int(values["pull_number"])]

    def _patch_pull(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        pull = self.state.pulls[int(values["pull_number"])]
        pull |= {key: value for key, value in body.items() if key in {"title", "body", "state"}}
        return 200, pull

    def _list_reviews(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        return 200, self.state.reviews.get(int(values["pull_number"]), [])

    def _get_permission(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        name = "repository-collaborator-permission-response-if-user-has-admin-permissions"
        permission = self.state.permissions.get(values["username"].lower(), "read")
        body = self._local(self.contract.example(name))
        body["user"] |= {"login": values["username"], "role_name": permission}
        return 200, body | {"permission": permission, "role_name": permission}

    def _get_membership(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        team = self.state.teams[f"{values['org']}/{values['team_slug']}"]
        name = "team-membership-response-if-user-is-a-team-maintainer"
        return 200, self._local(self.contract.example(name)) | {"state": team[values["username"]]}

    def _post_check(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        self.state.checks.append(body)
        check = self.contract.example("check-run-example-of-completed-conclusion")
        check |= {key: body[key] for key in ("name", "head_sha", "status", "conclusion")}
        return 201, self._local(check)

    # Git's own objects.

    def _post_tree(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        files = dict(self.state.trees[body["base_tree"]]) if "base_tree" in body else {}
        for entry in body["tree"]:
            path, sha = entry["path"], entry["sha"]
            if sha is None and path not in files:
                raise Refusal(422, "GitRPC::BadObjectState")
            below = [each for each in files if each == path or each.startswith(f"{path}/")]
            for each in below:
                del files[each]
            if sha is not None:
                known = self.state.objects.get(sha) or self._of_git(sha)
                files |= {f"{path}/{name}".rstrip("/"): text for name, text in known.items()}
        sha = self._keep_tree(files)
        tree = self.contract.example("git-tree")
        return 201, tree | {"sha": sha, "url": self._address(f"git/trees/{sha}")}

    def _get_commit(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        return 200, self._commit_body(values["commit_sha"])

    def _post_commit(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        sha = self._keep_commit(body["message"], body["tree"], body.get("parents", []))
        return 201, self._commit_body(sha)

    def _post_ref(self, _: Any, __: Any, body: Any) -> tuple[int, Any]:
        name = body["ref"].removeprefix("refs/")
        if name in self.state.refs:
            raise Refusal(422, "Reference already exists")
        self.state.refs[name] = body["sha"]
        return 201, self._ref_body(name)

    def _get_ref(self, values: Mapping[str, str], *_: Any) -> tuple[int, Any]:
        return 200, self._ref_body(values["ref"])

    def _patch_ref(self, values: Mapping[str, str], _: Any, body: Any) -> tuple[int, Any]:
        old = self.state.refs[values["ref"]]
        if not body.get("force") and old not in self.state.commits[body["sha"]]["parents"]:
            raise Refusal(422, "Update is not a fast forward")
        self.state.refs[values["ref"]] = body["sha"]
        return 200, self._ref_body(values["ref"])

    # Building the answers out of GitHub's own examples.

    def _new_issue(self, body: Any, login: str) -> dict[str, Any]:
        number = next(self._numbers)
        issue = self._local(self.contract.example("issue"))
        issue |= {"id": number, "number": number, "state": "open", "title": body["title"]}
        issue |= {"body": body.get("body", ""), "url": self._address(f"issues/{number}")}
        issue["html_url"] = f"{self.url}/deep/catalog/issues/{number}"
        issue["labels"] = [self._label(name) for name in body.get("labels", [])]
        issue["user"] = {**issue["user"], "login": login}
        del issue["pull_request"]
        self.state.issues[number] = issue
        return issue

    def _new_pull(self, body: Any, owner: str) -> dict[str, Any]:
        issue = self._new_issue(body, BOT)
        number = issue["number"]
        pull = self._local(self.contract.example("pull-request"))
        pull |= {key: issue[key] for key in ("number", "state", "title", "body", "labels")}
        pull |= {"url": self._address(f"pulls/{number}"), "issue_url": issue["url"]}
        pull["html_url"] = f"{self.url}/deep/catalog/pull/{number}"
        pull["user"] = {**pull["user"], "login": BOT}
        pull["head"] |= {"ref": body["head"], "label": f"{owner}:{body['head']}"}
        pull["head"]["sha"] = self.state.refs.get(f"heads/{body['head']}", "0" * 40)
        pull["draft"] = bool(body.get("draft"))
        pull["base"] |= {"ref": body["base"], "sha": self.state.refs[f"heads/{body['base']}"]}
        names = ("url", "html_url", "diff_url", "patch_url")
        issue["pull_request"] = dict.fromkeys(names, pull["url"])
        self.state.pulls[number] = pull
        return pull

    def _new_comment(self, number: int, login: str, body: str) -> dict[str, Any]:
        comment = self._local(self.contract.example("issue-comment"))
        comment["id"] = next(self._numbers)
        comment |= {"body": body, "_issue": number}
        comment["url"] = self._address(f"issues/comments/{comment['id']}")
        comment["html_url"] = f"{self.url}/deep/catalog/pull/{number}#{comment['id']}"
        comment["user"]["login"] = login
        self.state.comments[comment["id"]] = comment
        return comment

    def _label(self, name: str) -> dict[str, Any]:
        return self._local(self.contract.example("label-items")[0]) | {"name": name}

    def _of_git(self, sha: str) -> dict[str, str]:
        assert self.repository, f"no such object: {sha}"
        git = ["git", "-C", str(self.repository)]
        kind = subprocess.run([*git, "cat-file", "-t", sha], capture_output=True, check=True).stdout
        if kind == b"blob\n":
            return {"": sha}
        listing = [*git, "ls-tree", "-r", sha]
        rows = subprocess.run(listing, capture_output=True, check=True, text=True).stdout
        return {
            name: meta.split()[2]
            for meta, _, name in (r.partition("\t") for r in rows.splitlines())
        }

    def _keep_tree(self, files: dict[str, str]) -> str:
        for sha, known in self.state.trees.items():
            if known == files:
                return sha
        sha = f"{next(self._numbers):040x}"
        self.state.trees[sha] = files
        return sha

    def _keep_commit(self, message: str, tree: str, parents: list[str]) -> str:
        sha = f"{next(self._numbers):040x}"
        self.state.commits[sha] = {"message": message, "tree": tree, "parents": parents}
        return sha

    def _commit_body(self, sha: str) -> dict[str, Any]:
        known = self.state.commits[sha]
        body = self._local(self.contract.example("git-commit-2"))
        body |= {"sha": sha, "message": known["message"]}
        body["url"] = self._address(f"git/commits/{sha}")
        tree = known["tree"]
        body["tree"] = {"sha": tree, "url": self._address(f"git/trees/{tree}")}
        return body

    def _ref_body(self, name: str) -> dict[str, Any]:
        sha = self.state.refs[name]
        address = self._address(f"git/commits/{sha}")
        target = {"type": "commit", "sha": sha, "url": address}
        body = self._local(self.contract.example("git-ref"))
        url = self._address(f"git/refs/{name}")
        return body | {"ref": f"refs/{name}", "url": url, "object": target}

    def _address(self, path: str) -> str:
        return f"{self.url}/repos/deep/catalog/{path}"

    def _local(self, body: Any) -> Any:
        return json.loads(json.dumps(body).replace("https://api.github.com", self.url))
