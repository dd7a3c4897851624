"""How long `deepcat apply` of one module takes beside bare `ansible-playbook` on the same plays."""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deepcat.loop.world import gather
from deepcat.records.journal import RecordJournal
from deepcat.records.store import Store
from deepcat.runs.execute import execute
from deepcat.runs.folders import folder_of, new_run
from deepcat.runs.values import Event, Ground, Job

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
MOST = 1.3


def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_catalog(root: Path) -> None:
    for part in ("clouds", "modules/half-plus-two"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "deepcat.yaml", root)
    (root / "deployments").mkdir()
    (root / ".gitignore").write_text("/.deepcat/\n")
    (root / "deployments" / "demo.yaml").write_text(
        "apiVersion: deepcat/v1\nmodule: half-plus-two\nversion: '*'\nprofile: serve\n"
        f"inputs:\n  rest_port: {port()}\n  grpc_port: {port()}\nowner: bench\n"
    )
    environment = {"GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@localhost"}
    environment |= {name.replace("COMMITTER", "AUTHOR"): v for name, v in environment.items()}
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", "-C", root, *argv], check=True, env=os.environ | environment)


def deepcat(root: Path, *argv: str) -> float:
    begin = time.perf_counter()
    command: list[object] = [sys.executable, "-m", "deepcat", "-C", root, *argv]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # type: ignore[arg-type]
    return time.perf_counter() - begin


def plays_of(root: Path) -> Path:
    """The folder of one run with all that Ansible needs, kept as it was before the run."""
    gathered = gather(root)
    jobs = [Job(change, gathered.wishes["demo"]) for change in gathered.plan().changes]
    run = new_run()
    folder = folder_of(root, run) / "local"
    kept = root / "kept"

    def keep(_: Event) -> None:
        if not kept.exists():
            shutil.copytree(folder / "files", kept)

    clouds = gathered.catalog.clouds
    journal = RecordJournal(Store(root))
    execute(jobs, Ground(root, gathered.tree, gathered.commit, clouds, journal, keep), run)
    shutil.copytree(kept, folder / "files")
    deepcat(root, "destroy", "--all", "--yes")
    return folder


def bare(folder: Path) -> float:
    environment = os.environ | {"ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    argv = [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventory.yml", "plays.yml"]
    begin = time.perf_counter()
    subprocess.run(argv, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def steps(root: Path) -> dict[str, float]:
    """Step -> seconds, in the newest run."""
    run = max((root / ".deepcat" / "runs").iterdir())
    found = {}
    for path in run.glob("local/artifacts/ansible/job_events/*.json"):
        event = json.loads(path.read_text())
        if event["event"] == "runner_on_ok":
            found[event["event_data"]["task"]] = float(event["event_data"]["duration"])
    return found


def main() -> None:
    # As after an installation: Python's own bytecode is kept, for both sides.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    ours, theirs, waits = [], [], []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make_catalog(root)
        folder = plays_of(root)
        for _ in range(ROUNDS):
            theirs.append(bare(folder))
            deepcat(root, "destroy", "--all", "--yes")
            ours.append(deepcat(root, "apply", "--yes"))
            waits.append(next(s for step, s in steps(root).items() if "answers" in step))
            deepcat(root, "destroy", "--all", "--yes")
        deepcat(root, "apply", "--yes")
        again = [deepcat(root, "apply", "--yes") for _ in range(ROUNDS)]
        deepcat(root, "destroy", "--all", "--yes")
    heavy = [seconds([sys.executable, "-c", "import tensorflow"]) for _ in range(2)]
    a, b, wait = (statistics.median(each) for each in (ours, theirs, waits))
    lines = [
        f"deepcat apply of one module      {a:6.2f} s (median of {ROUNDS})",
        f"bare ansible-playbook, same plays {b:5.2f} s",
        f"ratio                            {a / b:6.2f} x (at most {MOST} x)",
        f"of both, waiting for the server  {wait:6.2f} s: TensorFlow's start, the model, samples",
        f"`import tensorflow` by itself    {min(heavy):6.2f} s (the server takes less)",
        f"a second apply, nothing to do    {statistics.median(again):6.2f} s",
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (ROOT / "bench" / "RESULTS" / "apply.txt").write_text(text)


def seconds(argv: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
