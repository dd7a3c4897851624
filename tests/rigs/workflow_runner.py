"""Runs the jobs of a workflow here, as a forge's runner would: its steps' commands, in their order.

Commands run in a shell with nothing in their environment but what a runner sets. What the forge's
own actions do (fetch, keep, hand over) is done by plain Git and copies; no other action is known.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_WORDS = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# A Python whose environments find the libraries that the tests have, pip among them: no index is
# asked for them, and no other pip unpacked, which took 3 s of a processor for each job.
_PYTHON = """\
#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec "{python}" "$@"
"{python}" -m venv --without-pip "$3" || exit
for folder in "$3"/lib/python*/site-packages; do echo "{libraries}" >"$folder/tests.pth"; done
printf '#!/bin/sh\\nexec "%s/python" -m pip "$@"\\n' "$(cd "$3/bin" && pwd)" >"$3/bin/pip"
chmod +x "$3/bin/pip"
"""


def programs(folder: Path) -> dict[str, str]:
    """What lets a runner's shell find a Python and `sudo`, and no package index."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    python = _PYTHON.format(python=sys.executable, libraries=libraries)
    for name, text in {"python3": python, "sudo": '#!/bin/sh\n[ "$1" = sysctl ]\n'}.items():
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    # pip takes the value for what it sets: `compile`. Most of what is installed is imported never.
    quick = {"PIP_NO_COMPILE": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {"PATH": f"{place}:{_PATH}", "PIP_NO_INDEX": "1", **quick}


class Nothing(str):
    """What a context lacks: an empty text, also when more is asked of it."""

    def __getattr__(self, name: str) -> Nothing:
        return self


class Context(dict[str, Any]):
    """A part of what expressions may ask for."""

    def __getattr__(self, name: str) -> Any:
        value = self.get(name, Nothing())
        return Context(value) if isinstance(value, dict) else value


@dataclass
class Forge:
    """What outlives a run: the repository, its variables, and what was kept or published.

    Attributes:
        folder: for everything.
        origin: what runners fetch; its `refs/pull/N/merge` are the forge's.
        environment: what every runner sets, such as the forge's address.
        variables: of the repository.
        token: what `github.token` is.
        artifacts: run -> name -> folder.
        published: the websites that Pages got, newest last.
        count: of runs.
        is_fresh: whether a runner of one's own begins in a new folder, too.
    """

    folder: Path
    origin: str
    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    token: str = "ghs_the-token-of-the-workflow"
    artifacts: dict[str, dict[str, Path]] = field(default_factory=dict)
    published: list[Path] = field(default_factory=list)
    count: int = 0
    is_fresh: bool = False

    def workflow(self, path: Path, event: str, data: Mapping[str, Any], commit: str) -> Run:
        """Run a workflow's jobs for an event."""
        self.count += 1
        run = Run(self, str(self.count), event, data, commit)
        run.all(yaml.load(path.read_text(), Loader=yaml.BaseLoader), path.parents[2])
        return run


class Run:
    """One run of a workflow: job -> its result, and what its steps said."""

    def __init__(
        self, forge: Forge, number: str, event: str, data: Mapping[str, Any], commit: str
    ) -> None:
        self.forge = forge
        self.number = number
        self.results: dict[str, str] = {}
        self.log = ""
        self._event = event
        self._data = dict(data)
        self._commit = commit

    def all(self, workflow: Any, root: Path) -> None:
        assert self._event in workflow["on"] or "workflow_call" in workflow["on"]
        for name, job in workflow["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            before = {each: {"result": self.results[each]} for each in needs}
            contexts = self._contexts(Path("/nowhere"), before)
            well = all(self.results[each] == "success" for each in needs)
            condition = job.get("if", "success()")
            free = any(f"{word}()" in condition for word in ("always", "cancelled", "failure"))
            if not self._holds(condition, contexts, well) or not (well or free):
                self.results[name] = "skipped"
            elif "uses" in job:
                called = root / job["uses"].partition(" ")[0]
                inner = self.forge.workflow(called, self._event, self._data, self._commit)
                self.log += inner.log
                is_well = set(inner.results.values()) == {"success"}
                self.results[name] = "success" if is_well else "failure"
            else:
                runner = self._value(job["runs-on"], contexts)
                self.results[name] = self._job(name, job, runner)

    def _job(self, name: str, job: Any, runner: str) -> str:
        # A hosted machine is new each time; one of one's own keeps its folder.
        hosted = runner.startswith("ubuntu-") or self.forge.is_fresh
        base = self.forge.folder / (f"run-{self.number}-{name}" if hosted else f"own-{runner}")
        work, temporary = base / "work", base / "temp"
        shutil.rmtree(temporary, ignore_errors=True)
        for folder in (work, temporary, base / "home"):
            folder.mkdir(parents=True, exist_ok=True)
        event = temporary / "event.json"
        event.write_text(json.dumps(self._data))
        contexts = self._contexts(temporary, {})
        environment = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_BASE_REF": self._data.get("pull_request", {}).get("base", {}).get("ref", ""),
            "GITHUB_EVENT_NAME": self._event,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": self._commit,
            "HOME": str(base / "home"),
            "LANG": "C.UTF-8",
            **programs(self.forge.folder),
            "RUNNER_TEMP": str(temporary),
            "RUNNER_TOOL_CACHE": str(base / "tools"),
            **self.forge.environment,
            **self._values(job.get("env", {}), contexts),
        }
        well = True
        for step in job["steps"]:
            if not self._holds(step.get("if", "success()"), contexts, well):
                continue
            if not well and "always()" not in step.get("if", ""):
                continue
            self.log += f"== {name}: {step['name']}\n"
            own = self._values(step.get("env", {}), contexts)
            given = self._values(step.get("with", {}), contexts)
            if "run" in step:
                done = self._shell(self._value(step["run"], contexts), work, environment | own)
            else:
                done = self._action(step["uses"], given, work)
            well = well and (done or step.get("continue-on-error") == "true")
        return "success" if well else "failure"

    def _shell(self, script: str, work: Path, environment: Mapping[str, str]) -> bool:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-c", script],
            cwd=work, env=environment, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.log += f"{done.stdout}{done.stderr}exit status {done.returncode}\n"
        return done.returncode == 0

    def _action(self, uses: str, given: Mapping[str, str], work: Path) -> bool:
        name, _, commit = uses.partition("@")
        assert re.fullmatch(r"[0-9a-f]{40}", commit), uses
        act = {
            "actions/checkout": self._checkout,
            "actions/setup-python": lambda given, work: True,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
            "actions/upload-pages-artifact": self._upload,
            "actions/deploy-pages": self._publish,
        }[name]
        return act(given, work)

    def _checkout(self, given: Mapping[str, str], work: Path) -> bool:
        assert given["persist-credentials"] == "false"
        if not (work / ".git").is_dir():
            _git(work, "init", "-q", ".")
            _git(work, "remote", "add", "origin", self.forge.origin)
        elif given.get("clean", "true") == "true":
            _git(work, "clean", "-ffdxq")
        number = self._data.get("pull_request", {}).get("number")
        refs = ["+refs/heads/*:refs/remotes/origin/*"]
        refs += [f"+refs/pull/{number}/merge:refs/remotes/pull/{number}/merge"] if number else []
        _git(work, "fetch", "-q", "--prune", "origin", *refs)
        _git(work, "checkout", "-q", "--force", "--detach", self._commit)
        return True

    def _upload(self, given: Mapping[str, str], work: Path) -> bool:
        name, path = given.get("name", "github-pages"), work / given["path"]
        if not path.exists():
            return given.get("if-no-files-found") == "ignore"
        kept = self.forge.folder / "artifacts" / self.number / name
        shutil.copytree(path, kept)
        self.forge.artifacts.setdefault(self.number, {})[name] = kept
        return True

    def _download(self, given: Mapping[str, str], work: Path) -> bool:
        found = self.forge.artifacts.get(given["run-id"], {}).get(given["name"])
        if found is None or given["github-token"] != self.forge.token:
            return False
        shutil.copytree(found, given["path"], dirs_exist_ok=True)
        return True

    def _publish(self, given: Mapping[str, str], work: Path) -> bool:
        self.forge.published.append(self.forge.artifacts[self.number]["github-pages"])
        return True

    # Expressions: the few forms that our workflows use.

    def _contexts(self, temporary: Path, needs: Mapping[str, Any]) -> dict[str, Any]:
        github = {
            "event": self._data,
            "event_name": self._event,
            "sha": self._commit,
            "token": self.forge.token,
        }
        return {
            "github": Context(github),
            "vars": Context(self.forge.variables),
            "runner": Context(temp=str(temporary)),
            "needs": Context(needs),
        }

    def _values(self, given: Mapping[str, str], contexts: Mapping[str, Any]) -> dict[str, str]:
        return {key: self._value(text, contexts) for key, text in given.items()}

    def _value(self, text: str, contexts: Mapping[str, Any]) -> str:
        return _WORDS.sub(lambda found: str(self._evaluate(found[1], contexts, True)), text)

    def _holds(self, condition: str, contexts: Mapping[str, Any], well: bool) -> bool:
        found = _WORDS.fullmatch(condition.strip())
        return bool(self._evaluate(found[1] if found else condition, contexts, well))

    def _evaluate(self, text: str, contexts: Mapping[str, Any], well: bool) -> Any:
        python = re.sub(r"!(?!=)", " not ", text.replace("&&", " and ").replace("||", " or "))
        functions = {
            "always": lambda: True,
            "cancelled": lambda: False,
            "contains": lambda items, one: one in items,
            "fromJSON": json.loads,
            "success": lambda: well,
        }
        return eval(python.strip(), {"__builtins__": {}}, {**functions, **contexts})


def _git(work: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=work, check=True, capture_output=True)
