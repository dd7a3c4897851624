"""What it costs to plan wishes for versions that only history has: CPU seconds of `deepcat plan`.

    python bench/past.py FOLDER [--commits 2000] [--modules 1000]

Makes a repository of so many modules and commits in FOLDER, each commit a new version of one
module, half of them merges. Then plans 50 deployments of which 0, 1 and 50 want an old version:
with nothing kept, again, and after one commit more.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from pathlib import Path

MODULE = """\
apiVersion: deepcat/v1
name: {name}
version: {version}
title: Module {name}
summary: Does nothing, many times over.
license: MIT
authors: [{{name: Ada}}]
maintainers: ["@ada"]
categories: ["AI4 tools"]
description: "Nothing runs of it."
libraries: ["TensorFlow"]
links: {{source_code: "https://example.org/{name}"}}
tags: [tool]
tasks: ["Other"]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""
CLOUD = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: This machine.\nprice: 0\n"
WISH = "apiVersion: deepcat/v1\nmodule: {name}\nversion: {version}\nprofile: serve\nowner: ada\n"
WISHES = 50


class Stream:
    """Commits, written for `git fast-import`."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.mark = 0

    def commit(self, branch: str, files: dict[str, str], *parents: int) -> int:
        self.mark += 1
        who = f"committer Ada <ada@example.org> {1_700_000_000 + self.mark} +0000"
        head = f"commit refs/heads/{branch}\nmark :{self.mark}\n{who}\ndata 1\nx\n"
        self.lines.append(head.encode())
        self.lines += [f"from :{each}\n".encode() for each in parents[:1]]
        self.lines += [f"merge :{each}\n".encode() for each in parents[1:]]
        for path, text in files.items():
            data = text.encode()
            self.lines.append(f"M 644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        return self.mark


def history(commits: int, modules: int) -> bytes:
    """All modules, then new versions of them one by one, half of them by a merge."""
    names = [f"module-{number:04d}" for number in range(modules)]
    versions = dict.fromkeys(names, 0)
    stream = Stream()
    files = {"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n", "clouds/local.yaml": CLOUD}
    files[".gitignore"] = "/.deepcat/\n"
    for name in names:
        files[f"modules/{name}/module.yaml"] = MODULE.format(name=name, version="1.0.0")
        files[f"modules/{name}/tosca.yaml"] = TOPOLOGY
        files[f"modules/{name}/create.sh"] = "true\n"
        files[f"modules/{name}/README.md"] = f"# {name}\n"
    tip = stream.commit("main", files)
    for at in range(commits):
        name = names[at * 7 % modules]
        versions[name] += 1
        version = f"1.{versions[name]}.0"
        new = {f"modules/{name}/module.yaml": MODULE.format(name=name, version=version)}
        if at % 2:
            side = stream.commit("side", new, tip)
            tip = stream.commit("main", new, tip, side)
        else:
            tip = stream.commit("main", new, tip)
    return b"".join(stream.lines)


def wishes(root: Path, old: int) -> None:
    """Deployments of which the first want the first version of their module."""
    folder = root / "deployments"
    folder.mkdir(exist_ok=True)
    for number in range(WISHES):
        name = f"module-{number * 7:04d}"
        version = "1.0.0" if number < old else "^1.0.0"
        (folder / f"d{number}.yaml").write_text(WISH.format(name=name, version=version))


def git(root: Path, *argv: str, given: bytes = b"") -> None:
    subprocess.run(["git", "-C", str(root), *argv], input=given, check=True, capture_output=True)


def spent(root: Path) -> float:
    """CPU seconds of one plan, of Git's processes too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-m", "deepcat", "plan", "--json"]
    subprocess.run(argv, cwd=root, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where there is nothing yet")
    parser.add_argument("--commits", type=int, default=2000)
    parser.add_argument("--modules", type=int, default=1000)
    given = parser.parse_args()
    root = given.folder
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        git(root, "config", key, value)
    git(root, "fast-import", "--quiet", given=history(given.commits, given.modules))
    git(root, "repack", "-adq")
    git(root, "reset", "-q", "--hard", "main")
    for old in (0, 1, WISHES):
        wishes(root, old)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "wishes")
        spent(root)  # what is judged once is kept
        for name in ("history.txt", "check-past.txt"):
            (root / ".deepcat/cache" / name).unlink(missing_ok=True)
        first, again = spent(root), spent(root)
        git(root, "commit", "-q", "--allow-empty", "-m", "one more")
        more = spent(root)
        print(
            f"{old:3d} of {WISHES} wishes from history: {first:.2f} s CPU with nothing kept,"
            f" {again:.2f} s again, {more:.2f} s after one commit more"
        )


if __name__ == "__main__":
    main()
