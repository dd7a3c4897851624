"""Reads every hostile case in one process that tells of all it opens; prints one JSON line a case.

Usage: run.py FOLDER. Each folder below FOLDER is a tree. The first round fills what is imported or
read once (modules, our type library, tosca-parser's definitions); the second is watched: every file
that is opened, folder that is listed, socket and process ends up in the line.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.check import check_template

WATCHED = (
    "open",
    "os.",
    "socket.",
    "subprocess.",
    "shutil.",
    "urllib.",
    "ctypes.",
    "glob.",
    "exec",
)
seen: list[str] | None = None


def hook(event: str, arguments: tuple[object, ...]) -> None:
    """Note what touches the world while a case is read."""
    # A number is a file that is open already.
    if seen is not None and event.startswith(WATCHED) and not isinstance(arguments[0], int):
        seen.append(f"{event} {arguments[0]}")


def read(folder: Path) -> list[str]:
    """The codes found in a case."""
    name = "tosca.csar" if (folder / "modules/m/tosca.csar").is_file() else "tosca.yaml"
    findings = check_template(work_tree(folder), f"modules/m/{name}", None)
    return [
        f"{finding.place} {finding.code} {finding.message} {finding.hint}" for finding in findings
    ]


def main(root: Path) -> None:
    """Two rounds, the second watched."""
    global seen  # noqa: PLW0603 - an audit hook cannot be given state
    logging.raiseExceptions = False
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    for folder in folders:
        read(folder)
    sys.addaudithook(hook)
    for folder in folders:
        seen = []
        began = time.process_time()
        findings = read(folder)
        spent, touched, seen = time.process_time() - began, seen, None
        print(
            json.dumps(
                {"case": folder.name, "findings": findings, "seconds": spent, "touched": touched}
            )
        )
    print(json.dumps({"peak_MiB": peak()}))


def peak() -> int:
    """The most memory that this program had; getrusage would count its parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


main(Path(sys.argv[1]))
