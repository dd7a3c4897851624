"""A catalog with people and keys, and a pull request to it as a row of data says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2]
PEOPLE = ("ann", "bob", "boss", "eve", "grace", "root", "zoe")
PLAIN = """\
apiVersion: deepcat/v1
name: plain
version: 1.0.0
title: A plain module
summary: Holds words alone, so that a review of it is quick.
description: Words alone.
tags: [words]
dates: {created: "2026-01-01", updated: "2026-01-01"}
links: {source_code: "https://example.org/plain"}
libraries: [Other]
tasks: [Other]
categories: [AI4 tools]
data-type: [Other]
license: Apache-2.0
authors: [{name: Ann}]
maintainers: [ann]
changes: [{version: 1.0.0, date: "2026-01-01", kind: added, text: First.}]
"""
DEMO = """\
apiVersion: deepcat/v1
module: half
version: ^1.0.0
profile: serve
inputs: {rest_port: 0, grpc_port: 0}
placement: {clouds: [local]}
owner: ann
"""
STATES = {"yes": "APPROVED", "no": "CHANGES_REQUESTED", "withdrawn": "DISMISSED"}


def begin(folder: Path) -> None:
    """Everyone's key, and a catalog in a bare repository with a clone beside it."""
    for who in PEOPLE:
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(folder / who)]
        subprocess.run(argv, check=True)
    clone = folder / "clone"
    module = clone / "modules" / "half"
    shutil.copytree(
        SOURCE / "modules" / "half-plus-two", module, ignore=shutil.ignore_patterns("__pycache__")
    )
    for path in module.glob("*.yaml"):
        text = path.read_text().replace("half-plus-two", "half")
        path.write_text(text.replace("deepcat-founders", "ann"))
    keys = "".join(f"  {who}:\n  - {(folder / f'{who}.pub').read_text()}" for who in PEOPLE)
    settings = "apiVersion: deepcat/v1\ntitle: T\ncurrency: EUR\n"
    groups = "groups:\n  maintainers: [root]\n  staff: [ann, grace, deep/crew]\n"
    files = {
        "deepcat.yaml": f"{settings}{groups}keys:\n{keys}",
        "clouds/local.yaml": (SOURCE / "clouds/local.yaml").read_text(),
        "deployments/demo.yaml": DEMO,
        "modules/plain/module.yaml": PLAIN,
        "modules/plain/README.md": "# A plain module\n\nWords.\n",
    }
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    origin = folder / "origin.git"
    for argv in (
        ["init", "-q", "--bare", "-b", "main", str(origin)],
        ["init", "-q", "-b", "main", str(clone)],
        ["-C", str(clone), "add", "-A"],
        ["-C", str(clone), "commit", "-q", "-m", "begin"],
        ["-C", str(origin), "fetch", "-q", str(clone), "main:main"],
    ):
        subprocess.run(["git", *argv], capture_output=True, check=True)


class Proposed:
    """A pull request as a row of data says, made in a copy of what `begin` made."""

    def __init__(self, folder: Path, begun: Path, row: Mapping[str, Any]) -> None:
        self.folder = folder / "play"
        shutil.copytree(begun, self.folder)
        self.root, self.origin = self.folder / "clone", self.folder / "origin.git"
        self.row = row
        self.git("remote", "add", "origin", str(self.origin))
        self._commit(row.get("base") or {}, "base", "root")
        self.take("main")
        self.git("checkout", "-q", "-b", "mine")
        author = str(row["author"])
        self.old = ""
        if any(of == "old" for _, _, of in row.get("votes", ())):
            self._commit({"modules/plain/README.md": "A draft.\n"}, "draft", author)
            self.old = self.commit_of("mine")
            self.git("reset", "-q", "--hard", "main")
        self._commit(row["change"], "mine", author)
        self.head = self.commit_of("mine")
        self.git("checkout", "-q", "main")
        self._commit(row.get("tip") or {}, "tip", "root")
        self.take("main")

    def git(self, *argv: str, at: Path | None = None, who: str = "") -> str:
        """What a Git command prints; signed by somebody, where it signs."""
        words = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={self.folder / who.lower()}"]
        given = [*(words if who else ()), *argv]
        done = subprocess.run(
            ["git", *given], cwd=at or self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit_of(self, name: str) -> str:
        return self.git("rev-parse", name).strip()

    def take(self, branch: str) -> None:
        """Let the bare repository have a branch, without any hook."""
        self.git("fetch", "-q", str(self.root), f"+{branch}:{branch}", at=self.origin)

    def approve(self, who: str, commit: str) -> str:
        """A signed tag; its name."""
        name = f"approve/{commit}/{who.lower()}"
        self.git("tag", "-s", "-m", "yes", name, commit, who=who)
        return name

    def push(self, *refs: str, environment: Mapping[str, str] | None = None) -> Any:
        """What `git push` comes to; what the hook leaves behind would lie in `scratch`."""
        (self.folder / "scratch").mkdir(exist_ok=True)
        given = os.environ | {"TMPDIR": str(self.folder / "scratch")} | dict(environment or {})
        argv = ["git", "push", "origin", *refs]
        return subprocess.run(
            argv, cwd=self.root, capture_output=True, text=True, check=False, env=given
        )

    def merge(self) -> str:
        """What is pushed to `main`: the branch itself, or a merge where main has moved on."""
        if not self.row.get("tip"):
            return "mine"
        self.git("merge", "-q", "--no-ff", "-m", "merge", "mine")
        return "main"

    def _commit(self, files: Mapping[str, Any], message: str, who: str) -> None:
        if not files:
            return
        for name, content in files.items():
            self._put(name, content)
        sign = ["-S"] if who in PEOPLE or who.lower() in PEOPLE else []
        argv = ["commit", "-q", *sign, "-m", message]
        self.git(*argv, who=who if sign else "")

    def _put(self, name: str, content: Any) -> None:
        path = self.root / name
        if isinstance(content, Mapping) and "gitlink" in content:
            words = f"160000,{content['gitlink']},{name}"
            self.git("update-index", "--add", "--cacheinfo", words)
            return
        if content is None:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, content)
        self.git("--literal-pathspecs", "add", "-A", "-f", "--", name)

    def _write(self, path: Path, content: Any) -> None:
        if isinstance(content, str):
            path.write_text(content)
        elif "link" in content:
            path.symlink_to(content["link"])
        elif "megabytes" in content:
            path.write_bytes(os.urandom(1024) * (1024 * content["megabytes"]))
        else:
            source, old, new = content.get("of") or [None, *content["edit"]]
            text = (self.root / source if source else path).read_text()
            assert old in text, f"{path}: {old}"
            path.write_text(text.replace(old, new, 1))


def on_forge(
    made: Proposed, hub: Any, invoke: Any, opened: int = 0
) -> tuple[str, set[str], set[str]]:
    """The verdict on the forge's double, with the errors and what a yes is missing for."""
    row, left = made.row, made.folder / "left"
    number = opened or hub.open_pull(row["author"], "mine", made.head, "eve")
    made.git("fetch", "-q", str(made.root), f"mine:refs/pull/{number}/head", at=made.origin)
    hub.repository = made.root
    hub.state.permissions = {who.lower(): role for who, role in row.get("may", {}).items()}
    hub.state.teams = row.get("teams", {})
    for who, says, of in row.get("votes", ()):
        state = STATES.get(says, "COMMENTED")
        hub.review(number, who, state, made.head if of == "head" else made.old)
    if "samples" in row:
        each = {"module": "half", "version": "1.0.0", "passed": 4} | row["samples"]
        data = {"format": "deepcat-review/v1", "head": made.head, "samples": [each]}
        (left / "samples").mkdir(parents=True)
        (left / "samples/samples.json").write_text(json.dumps(data))
    run = {
        "head_sha": made.head,
        "head_branch": "mine",
        "head_repository": {"owner": {"login": "eve"}},
        "html_url": "https://forge.example/run/1",
    }
    event = made.folder / "event.json"
    event.write_text(json.dumps({"workflow_run": run}))
    done = invoke(
        ["-C", str(made.root), "ci", "comment", "--out", str(left)],
        {
            "GITHUB_REPOSITORY": "deep/catalog",
            "GITHUB_TOKEN": "ghs_secret",
            "GITHUB_API_URL": hub.url,
            "GITHUB_SERVER_URL": hub.url,
            "GITHUB_EVENT_PATH": str(event),
        },
    )
    assert done.exit_code == 0, done.output
    (check,) = hub.state.checks
    assert check["head_sha"] == made.head
    body = check["output"]["summary"]
    notes = check["output"]["annotations"]
    codes = {note["title"] for note in notes if note["annotation_level"] == "failure"}
    asks = set(re.findall(r"^- `(.+?)` .* say yes\.$", body, re.MULTILINE))
    return check["conclusion"], codes, asks


def on_bare(made: Proposed, pushed: str, **more: Any) -> tuple[bool, set[str], set[str], str]:
    """Whether the gate takes a push to main, and what it says: errors, asks, and all of it."""
    before = made.git("rev-parse", "main", at=made.origin)
    done = made.push(f"{pushed}:main", **more)
    taken = done.returncode == 0
    now = made.git("rev-parse", "main", at=made.origin)
    assert (now != before) is taken
    assert not list((made.folder / "scratch").iterdir()), "the hook left something behind"
    words = re.sub(r"^remote: ?", "", done.stderr, flags=re.MULTILINE)
    codes = set(re.findall(r": error: .*\[([a-z-]+/[a-z-]+)\]\s*$", words, re.MULTILINE))
    verbs = "changes|names|was objected|is new,|runs"
    asks = set(re.findall(rf"^(.+?) (?:{verbs}) .* say yes\.\s*$", words, re.MULTILINE))
    return taken, codes, asks, words
