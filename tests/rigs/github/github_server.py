"""A GitHub on the loopback: it keeps state, and holds every call and answer against the contract.

`GitHub(contract)` starts it; `.url` is its address, `.state` what it holds, `.calls` what was
asked, `.violations` every call that GitHub would not know. `.fail(...)` makes the next calls fail.
With TLS it is a GitHub Enterprise, or GitHub's own hosts; `.attached` is what its releases keep.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from github_answers import Answers, Refusal
from github_releases import STORAGE, Files, Releases


@dataclass
class Fault:
    """What the next calls that fit are answered with.

    Attributes:
        status: 0 cuts the connection without an answer.
        after: act first, then fail, as when the answer is lost on its way.
    """

    call: str
    status: int
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "asked to fail"
    after: bool = False
    delay_s: float = 0.0


class GitHub(Releases, Answers):
    """One repository, `deep/catalog`, behind GitHub's REST API.

    Args:
        contract: that calls and answers are held to.
        tls: with which it is asked by https; by http without.
        is_own: whether it is `github.com`, whose names lead here; else a GitHub Enterprise.
    """

    def __init__(
        self, contract: Any, tls: ssl.SSLContext | None = None, *, is_own: bool = False
    ) -> None:
        super().__init__()
        self.contract = contract
        self.calls: list[tuple[str, Any]] = []
        self.attached = Files()
        self.violations = self.attached.violations
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(tls is not None))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._is_own = is_own
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self.site = "https://github.com" if is_own else f"https://127.0.0.1:{self.port}"
            self.url = "https://api.github.com" if is_own else f"{self.site}/api/v3"
            self.uploads = "https://uploads.github.com" if is_own else f"{self.site}/api/uploads"
            self.storage = f"https://{STORAGE}" if is_own else f"https://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.commit({"README.md": "A catalog.\n"}, "heads/main")

    def close(self) -> None:
        """Stop, and give the port back."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # What a test arranges.

    def fail(self, call: str, status: int, **options: Any) -> None:
        """Let calls whose `METHOD /path/template` ends with `call` fail."""
        self._faults.append(Fault(call, status, **options))

    def commit(self, files: Mapping[str, str], ref: str = "", parent: str = "") -> str:
        """Keep a commit with these files, and let a ref point to it."""
        tree = self._keep_tree(dict(files))
        sha = self._keep_commit("begin", tree, [parent] if parent else [])
        if ref:
            self.state.refs[ref] = sha
        return sha

    def files(self, ref: str) -> dict[str, str]:
        """The files at a ref, by path."""
        return self.state.trees[self.state.commits[self.state.refs[ref]]["tree"]]

    def open_pull(self, login: str, branch: str, sha: str, owner: str = "deep") -> int:
        """A pull request as a person would open it."""
        pull = self._new_pull({"title": "mine", "head": branch, "base": "main", "body": ""}, owner)
        pull["user"]["login"] = login
        pull["head"]["sha"] = sha
        return int(pull["number"])

    def comment(self, number: int, login: str, body: str) -> int:
        """A comment as a person would write it."""
        return int(self._new_comment(number, login, body)["id"])

    def review(self, number: int, login: str, state: str, commit: str = "") -> None:
        """A review as a person would give it, of the head as it is unless a commit is named."""
        review = self.contract.example("pull-request-review-items")[0]
        review["user"] |= {"login": login, "type": "Bot" if "[bot]" in login else "User"}
        review["state"] = state
        review["commit_id"] = commit or self.state.pulls[number]["head"]["sha"]
        self.state.reviews.setdefault(number, []).append(review)

    # What it answers.

    def placed(self, host: str, target: str) -> str:
        """The path in the API of what a host is asked for."""
        if self._is_own:
            is_upload, is_api = host == "uploads.github.com", host == "api.github.com"
        else:
            is_upload, is_api = (target.startswith(f"/api/{each}/") for each in ("uploads", "v3"))
            target = target.removeprefix("/api/uploads").removeprefix("/api/v3")
        if is_upload != ("/assets?name=" in target) or not is_upload | is_api:
            self.violations.append(f"`{host}` is not asked for {target}")
        return target

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and body for one call."""
        is_file = isinstance(body, bytes)
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        match = self.contract.match(method, parts.path)
        with self._lock:
            asked = match.name if match else f"{method} {parts.path}"
            self.calls.append((asked, len(body) if is_file else body))
            if match is None:
                self.violations.append(f"no such call: {method} {parts.path}")
                return 404, {}, {"message": "Not Found"}
            errors = self.contract.request_errors(match, query, None if is_file else body)
            if errors:
                self.violations += [f"{match.name}: {error}" for error in errors]
                return 422, {}, {"message": "; ".join(errors)}
            fault = self._fault(match.name)
        if fault:
            time.sleep(fault.delay_s)
            if fault.after:
                self._act(match, query, body)
            elif is_file and fault.status == 502:
                self.keep_half(target)
            return fault.status, fault.headers, {"message": fault.message}
        return self._act(match, query, body)

    def keep_half(self, target: str) -> None:
        """Keep what GitHub keeps of a file that was cut."""
        parts = urlsplit(target)
        match = self.contract.match("POST", parts.path)
        release = self.attached.releases[int(match.values["release_id"])]
        self.new_asset(release, dict(parse_qsl(parts.query))["name"], b"", "starter")

    def _fault(self, call: str) -> Fault | None:
        for fault in self._faults:
            if call.endswith(fault.call) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _act(
        self, match: Any, query: Mapping[str, str], body: Any
    ) -> tuple[int, Mapping[str, str], Any]:
        acts = {
            "GET /repos/{owner}/{repo}": self._get_repository,
            "GET /issues": self._list_issues,
            "POST /issues": self._post_issue,
            "GET /issues/{issue_number}": self._get_issue,
            "PATCH /issues/{issue_number}": self._patch_issue,
            "GET /issues/{issue_number}/comments": self._list_comments,
            "POST /issues/{issue_number}/comments": self._post_comment,
            "PATCH /issues/comments/{comment_id}": self._patch_comment,
            "POST /issues/{issue_number}/labels": self._post_labels,
            "DELETE /issues/{issue_number}/labels/{name}": self._delete_label,
            "GET /pulls": self._list_pulls,
            "POST /pulls": self._post_pull,
            "GET /pulls/{pull_number}": self._get_pull,
            "PATCH /pulls/{pull_number}": self._patch_pull,
            "GET /pulls/{pull_number}/reviews": self._list_reviews,
            "GET /collaborators/{username}/permission": self._get_permission,
            "GET /orgs/{org}/teams/{team_slug}/memberships/{username}": self._get_membership,
            "GET /commits/{commit_sha}/pulls": self._list_pulls_of_commit,
            "POST /check-runs": self._post_check,
            "POST /git/trees": self._post_tree,
            "GET /git/commits/{commit_sha}": self._get_commit,
            "POST /git/commits": self._post_commit,
            "POST /git/refs": self._post_ref,
            "GET /git/ref/{ref}": self._get_ref,
            "GET /releases/tags/{tag}": self._get_release,
            "POST /releases": self._post_release,
            "GET /releases/{release_id}/assets": self._list_assets,
            "POST /releases/{release_id}/assets": self._post_asset,
            "GET /releases/assets/{asset_id}": self._get_asset,
            "PATCH /releases/assets/{asset_id}": self._patch_asset,
            "DELETE /releases/assets/{asset_id}": self._delete_asset,
            "PATCH /git/refs/{ref}": self._patch_ref,
        }
        short = match.name.replace("/repos/{owner}/{repo}/", "/")
        with self._lock:
            try:
                status, answer = acts[short](match.values, query, body or {})
            except Refusal as refusal:
                more = {"errors": refusal.errors} if refusal.errors else {}
                return refusal.status, {}, {"message": str(refusal), **more}
            except KeyError:
                return 404, {}, {"message": "Not Found"}
            answer, headers = self._page(answer, query, match)
            errors = self.contract.answer_errors(match, status, answer)
            self.violations += [f"answer of {match.name}: {error}" for error in errors]
        return status, headers, answer

    def _page(
        self, answer: Any, query: Mapping[str, str], match: Any
    ) -> tuple[Any, dict[str, str]]:
        if not isinstance(answer, list) or match.operation["method"] != "GET":
            return answer, {}
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        path = match.operation["path"].format(**match.values)
        rest = "".join(f"&{name}={value}" for name, value in query.items() if name != "page")
        link = f'<{self.url}{path}?page={page + 1}{rest}>; rel="next"'
        more = {"Link": link} if len(answer) > page * size else {}
        return answer[(page - 1) * size : page * size], more

    def _handler(self, is_secure: bool) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for headers and body, or the peer waits 40 ms for each

            def _do(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                try:
                    text = self.rfile.read(size)
                except OSError:
                    text = b""
                path = self.path
                if is_secure:
                    page = outer.page(path, dict(self.headers))
                    if page:
                        return self._say(*page)
                    path = outer.placed(self.headers["Host"], path)
                    if self.headers["Authorization"] != f"Bearer {outer.attached.token}":
                        return self._say(401, {}, b'{"message": "Bad credentials"}')
                self.close_connection = len(text) < size  # cut on its way
                if self.close_connection:
                    return outer.keep_half(path)
                is_file = "/assets?name=" in path
                body = text if is_file else json.loads(text or "null")
                status, headers, answer = outer.answer(self.command, path, body)
                if status == 0:
                    self.close_connection = True
                    return None
                kind = {"Content-Type": "application/json; charset=utf-8"}
                data = b"" if status == 204 else json.dumps(answer).encode()
                return self._say(status, {**headers, **kind}, data)

            def _say(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _do

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
