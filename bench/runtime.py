"""What a bare host costs: bytes and seconds until a model answers there, and what it is given.

Two hosts with a real sshd in namespaces of their own (as the tests have them; needs root): one has
a Python of its own, the other none. All bytes that go to them are counted at their cables.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "rigs"))
from runtimes import runtimes  # noqa: E402
from ssh_hosts import Host, Hosts  # noqa: E402

from deepcat.runtime.build import packed  # noqa: E402

DEEPCAT = (sys.executable, "-m", "deepcat")
_WISH = (
    "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\nplacement:\n  clouds: [{}]\n"
)


def catalog(folder: Path, hosts: Hosts) -> Path:
    """A catalog with one module and a cloud for each host."""
    root = folder / "catalog"
    shutil.copytree(ROOT / "modules" / "half-plus-two", root / "modules" / "half-plus-two")
    (root / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    (root / "clouds").mkdir()
    for name, host in zip(("bare", "pythonless"), hosts.all, strict=True):
        section = {
            "hosts": {name: {"address": host.address}},
            "user": "root",
            "identity": str(hosts.key),
            "known_hosts": [host.known],
        }
        cloud = {"apiVersion": "deepcat/v1", "name": name, "summary": "S.", "kind": "ssh"}
        cloud |= {"price": 0, "ssh": section}
        (root / "clouds" / f"{name}.yaml").write_text(json.dumps(cloud))
    (root / "deployments").mkdir()
    for name in ("bare-one", "bare-two", "pythonless-one"):
        cloud_name = name.partition("-")[0]
        (root / "deployments" / f"{name}.yaml").write_text(_WISH.format(cloud_name))
    for git in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Begin"]):
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *who, *git], cwd=root, check=True)
    return root


def sent(host: Host) -> int:
    """Bytes that have gone through a host's cable to it."""
    return int(Path(f"/sys/class/net/{host.link}/statistics/tx_bytes").read_text())


def measured(root: Path, name: str, host: Host) -> tuple[float, float, int]:
    """Seconds, seconds of processor here, and bytes, until a deployment's samples are answered."""
    before, begun, used = sent(host), time.perf_counter(), _processor()
    words = [*DEEPCAT, "-C", root, "apply", name, "--yes"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.perf_counter() - begun, _processor() - used, sent(host) - before


def _processor() -> float:
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime


def lines() -> Iterator[str]:
    """What is told."""
    made = runtimes()
    yield "what is built                     files    on disk     zst      gz"
    for archive in (made.site, made.python):
        if archive is not None:
            sizes = [packed(archive, how).size / 1e6 for how in ("zst", "gz")]
            yield (
                f"{archive.part:<30} {archive.files:>8} {archive.unpacked / 1e6:>7.0f} MB"
                f" {sizes[0]:>4.0f} MB {sizes[1]:>4.0f} MB"
            )
    yield ""
    yield "first prediction on a host       seconds  CPU here    bytes sent"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "hosts")
        folder.mkdir()
        hosts = Hosts(folder)
        hosts.begin()
        try:
            bare, pythonless = hosts.all
            pythonless.run("rm -f /usr/bin/python3* /usr/local/bin/python3*")
            root = catalog(Path(scratch), hosts)
            for what, name, host in (
                ("with nothing of ours there", "bare-one", bare),
                ("the second deployment there", "bare-two", bare),
                ("without a Python", "pythonless-one", pythonless),
            ):
                seconds, used, count = measured(root, name, host)
                yield f"{what:<30} {seconds:>9.1f} {used:>9.1f} {count:>13,}"
            subprocess.run([*DEEPCAT, "-C", root, "destroy", "--all", "--yes"], check=True,
                           capture_output=True)  # fmt: skip
            left = [host.run("ls -A ~root/.deepcat 2>/dev/null || true") for host in hosts.all]
            yield f"left on them after `destroy --all`: {' '.join(left).split() or 'nothing'}"
        finally:
            hosts.end()


def main() -> None:
    if os.getuid():
        print("left out: only root has hosts in namespaces of their own")
        return
    text = ""
    for line in lines():
        print(line, flush=True)
        text += f"{line}\n"
    (ROOT / "bench" / "RESULTS" / "runtime.txt").write_text(text)


if __name__ == "__main__":
    main()
