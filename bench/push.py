"""Seconds from `git push` to the first prediction served on this machine, split by stage.

python bench/push.py [--rounds N]

A bare repository with our hook takes the push; somebody asks the address all the time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.serving.client.rest import Client

ROOT = Path(__file__).resolve().parents[1]
MODULE = "half-plus-two"
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


def hub_class() -> Any:
    """The end-to-end tests' own hub."""
    spec = importlib.util.spec_from_file_location("e2e", ROOT / "tests" / "e2e" / "conftest.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Hub


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_answer(port: int, found: list[float], stop: threading.Event) -> None:
    client = Client(f"http://127.0.0.1:{port}", timeout_s=10)
    while not stop.is_set():
        try:
            client.call(MODULE, "predict", {"instances": [1.0]})
        except DeepcatError:
            time.sleep(0.005)
        else:
            found.append(time.time())
            return


def once(folder: Path, hub_of: Any) -> dict[str, float]:
    """One push into a fresh repository; gives stage -> seconds."""
    hub = hub_of(folder)
    hub.begin()
    port = free_port()
    hub.wish("demo", inputs={"rest_port": port, "grpc_port": 0})
    hub.commit("wish")
    answered: list[float] = []
    stop = threading.Event()
    asking = threading.Thread(target=first_answer, args=(port, answered, stop))
    asking.start()
    lines: list[tuple[float, str]] = []
    try:
        begin = time.time()
        with subprocess.Popen(
            ["git", "push", "origin", "main"], cwd=hub.clone, stderr=subprocess.PIPE, text=True
        ) as push:
            assert push.stderr
            lines += [(time.time(), line) for line in iter(push.stderr.readline, "")]
        end = time.time()
        asking.join(timeout=30)
        return stages(hub, begin, end, lines, answered)
    finally:
        stop.set()
        asking.join()
        hub.end()


def stages(
    hub: Any, begin: float, end: float, lines: list[tuple[float, str]], answered: list[float]
) -> dict[str, float]:
    planned = next(at for at, line in lines if "Plan:" in line)
    events = []
    for path in (hub.catalog / ".deepcat/runs").glob("*/*/artifacts/ansible/job_events/*.json"):
        event = json.loads(path.read_text())
        events.append((datetime.fromisoformat(event["created"]).timestamp(), event))
    events.sort(key=lambda each: each[0])
    assert events and answered, lines
    found = {
        "push, hook, check and plan": planned - begin,
        "intent, until Ansible runs": events[0][0] - planned,
    }
    starts = [(at, e) for at, e in events if e["event"] == "playbook_on_task_start"]
    for (at, event), (until, _) in zip(starts, [*starts[1:], events[-1]], strict=True):
        found[f"  {event['event_data']['task'].rpartition(' : ')[2]}"] = until - at
    found["Ansible ends, record, push returns"] = end - events[-1][0]
    found["push to the first prediction"] = answered[0] - begin
    found["push to its end"] = end - begin
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    os.environ.update(GIT)
    hub_of = hub_class()
    seen: list[dict[str, float]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            seen.append(once(Path(folder), hub_of))
    lines = [f"one deployment of {MODULE} on `local`, median of {rounds}"]
    for stage in seen[0]:
        lines.append(f"{stage:60} {statistics.median(each[stage] for each in seen):7.2f} s")
    lines.append(f"load of the machine{os.getloadavg()[0]:49.1f}, {os.cpu_count()} cores")
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (ROOT / "bench" / "RESULTS" / "push.txt").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
