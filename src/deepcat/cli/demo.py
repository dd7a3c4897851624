"""`deepcat demo`: the whole path on this machine, each step a command that a person could type."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from deepcat import git
from deepcat.cli.context import PORT, Context, pass_context
from deepcat.cli.demo_ready import free_port, require_all
from deepcat.cli.say import say
from deepcat.errors import DeepcatError

DEPLOYMENT = "iris-classifier"
RECORDS_REMOTE = "deepcat.recordsRemote"


@dataclass(slots=True)
class _Demo:
    """The demo's steps, with what their environment has besides, and how long each took."""

    root: Path
    deployment: str
    more: dict[str, str] = field(default_factory=dict)
    times: list[tuple[str, float]] = field(default_factory=list)

    def step(self, title: str, *argv: str) -> None:
        """Show a command, run it, and stop the demo when it fails."""
        say("\n# {}", title, fg="cyan", bold=True)
        say("$ deepcat {}", shlex.join(argv), bold=True)
        start = time.monotonic()
        status = subprocess.run(
            self._command(*argv), cwd=self.root, env=os.environ | self.more, check=False
        ).returncode
        self.times.append((title, time.monotonic() - start))
        if status:
            raise DeepcatError(
                f"`deepcat {' '.join(argv)}` ended with status {status}",
                hint="its own words above say what to do; then run the demo again",
                code="demo/step",
            )

    def website(self, port: int) -> subprocess.Popen[bytes]:
        """Serve the website and wait until it answers."""
        argv = self._command("site", "serve", "--port", str(port), "--no-build")
        server = subprocess.Popen(argv, cwd=self.root)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and server.poll() is None:
            if _page(port, "/"):
                return server
            time.sleep(0.05)
        server.terminate()
        server.wait()
        raise DeepcatError("the website's server did not answer", code="demo/website")

    @staticmethod
    def _command(*argv: str) -> list[str]:
        return [sys.executable, "-m", "deepcat", *argv]


@click.command("demo")
@click.argument("deployment", default=DEPLOYMENT)
@click.option("--once", is_flag=True, help="Take everything down again and exit.")
@click.option("--port", type=PORT, default=0, help="The website's port; a free one by default.")
@pass_context
def command(context: Context, deployment: str, once: bool, port: int) -> None:
    """From the catalog to a prediction and a website, on this machine.

    DEPLOYMENT names a file under `deployments/` that may run on the local cloud.
    """
    require_all(context.root)
    port = free_port(port)
    keeps_own = _keep_own_records(context.root)
    demo = _Demo(context.root, deployment, _without_box())
    server: subprocess.Popen[bytes] | None = None
    try:
        _until_prediction(demo)
        demo.step("The website is only files", "site", "build")
        server = demo.website(port)
        _prove_shown(port, deployment)
        say("\nThe website: http://127.0.0.1:{}/", port, fg="green", bold=True)
        if not once:
            _wait(server, deployment)
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        if once:
            demo.step("Nothing is left behind", "destroy", deployment, "--yes")
            if keeps_own:
                git.run(context.root, ("config", "--unset", RECORDS_REMOTE))
    _summary(demo)


def _keep_own_records(root: Path) -> bool:
    """Let this clone have records of its own, not those of a remote, where nobody has said whose.

    Who tries a catalog out need not be among those who may write its records.
    """
    from deepcat.records.choice import NONE
    from deepcat.records.clone import chosen

    said = git.run(root, ("config", "--get", RECORDS_REMOTE)).stdout
    if said or not (remote := chosen(root).remote):
        return False
    git.run(root, ("config", RECORDS_REMOTE, NONE))
    say("The records of what runs here stay in this clone: git config {} {}", RECORDS_REMOTE, NONE)
    say("For those of `{}` again: git config --unset {}", remote, RECORDS_REMOTE)
    return True


def _without_box() -> dict[str, str]:
    """Variables that let our own modules run where this machine gives no box, which is said."""
    from deepcat.catalog.settings import UNBOXED
    from deepcat.host.box.layers import missing

    if not (lacks := missing()):
        return {}
    say("This machine gives no box to code of modules: {}", "; ".join(lacks), fg="yellow")
    say("The demonstration's own modules run without one, by {}=1.", UNBOXED, fg="yellow")
    return {UNBOXED: "1"}


def _until_prediction(demo: _Demo) -> None:
    name = demo.deployment
    demo.step("What people added is checked", "check")
    demo.step("The plan says what would happen, and why", "plan", name)
    demo.step("The plan is carried out", "apply", name, "--yes")
    demo.step("A prediction by REST", "predict", name, "--sample", "1")
    demo.step("The same by gRPC", "predict", name, "--sample", "1", "--grpc")
    demo.step("What runs is recorded in Git", "status")


def _page(port: int, path: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.read().decode() if response.status == 200 else ""
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()


def _prove_shown(port: int, deployment: str) -> None:
    page = _page(port, "/status/")
    if deployment not in page or "running" not in page:
        raise DeepcatError(
            f"the website does not show `{deployment}` as running", code="demo/website"
        )


def _wait(server: subprocess.Popen[bytes], deployment: str) -> None:
    say("Stop it with Ctrl-C. `{}` goes on until: deepcat destroy {}", deployment, deployment)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.wait()
    except KeyboardInterrupt:
        say()


def _summary(demo: _Demo) -> None:
    say("\n# How long each step took", fg="cyan", bold=True)
    for title, seconds in demo.times:
        say("{:7.1f} s  {}", seconds, title)
    say("{:7.1f} s  in all", sum(seconds for _, seconds in demo.times))
