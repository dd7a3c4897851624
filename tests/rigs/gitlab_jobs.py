"""Runs jobs of a `.gitlab-ci.yml` here: the lines of `before_script` and `script`, in one shell."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def run_job(config: Path, name: str, work: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """The exit status of a job, and its log.

    Args:
        config: the file.
        name: the job's.
        work: the runner's clone.
        environment: all that the runner sets.
    """
    jobs: Mapping[str, Any] = yaml.load(config.read_text(), Loader=yaml.BaseLoader)
    job = {**jobs.get(jobs[name].get("extends", ""), {}), **jobs[name]}
    lines = [*job["before_script"], *job["script"]]
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
        cwd=work, env=environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr
