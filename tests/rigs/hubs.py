"""Repositories that Git takes for those of hubs, and the metadata of one."""

from __future__ import annotations

import subprocess
from pathlib import Path

METADATA = """\
metadata_version: 2.3.0
title: Rose finder
summary: Finds roses.
description: Finds roses on photographs.
dates: {created: "2024-01-02", updated: "2024-03-04"}
links: {source_code: https://github.com/ai4os-hub/roses}
tags: [roses]
tasks: [Computer Vision]
categories: [AI4 inference]
libraries: [TensorFlow]
"""


class Hub:
    """Bare repositories, which Git takes for those of github.com and huggingface.co."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def commit(self, name: str, files: dict[str, str], branch: str = "main") -> str:
        """Write files, commit and push them; the commit."""
        work, bare = self.folder / "work" / name, self.folder / "hub" / f"{name}.git"
        if not work.exists():
            work.mkdir(parents=True)
            git(work, "init", "-q", "-b", branch)
            bare.parent.mkdir(parents=True, exist_ok=True)
            git(work, "init", "-q", "--bare", "-b", branch, str(bare))
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        git(work, "add", "-A")
        git(work, "commit", "-q", "-m", "more")
        git(work, "push", "-q", str(bare), f"HEAD:{branch}")
        return git(work, "rev-parse", "HEAD")


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(["git", *argv], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
