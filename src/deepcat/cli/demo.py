"""`deepcat demo`: the whole path on this machine, each step a command that a person could type."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError

DEPLOYMENT = "iris-classifier"
_NEEDED = {"tensorflow": "serve", "tensorflow_serving": "serve", "ansible_runner": "run"}


@dataclass(slots=True)
class _Demo:
    """The demo's steps, and how long each took."""

    root: Path
    deployment: str
    times: list[tuple[str, float]] = field(default_factory=list)

    def step(self, title: str, *argv: str) -> None:
        """Show a command, run it, and stop the demo when it fails."""
        click.secho(f"\n# {title}", fg="cyan", bold=True)
        click.secho(f"$ deepcat {' '.join(argv)}", bold=True)
        start = time.monotonic()
        status = subprocess.run(self._command(*argv), cwd=self.root, check=False).returncode
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
@click.option("--port", type=int, default=0, help="The website's port; a free one by default.")
@pass_context
def command(context: Context, deployment: str, once: bool, port: int) -> None:
    """From the catalog to a prediction and a website, on this machine.

    DEPLOYMENT names a file under `deployments/` that may run on the local cloud.
    """
    _require_parts()
    port = _port(port)
    demo = _Demo(context.root, deployment)
    server: subprocess.Popen[bytes] | None = None
    try:
        _until_prediction(demo)
        demo.step("The website is only files", "site", "build")
        server = demo.website(port)
        _prove_shown(port, deployment)
        click.secho(f"\nThe website: http://127.0.0.1:{port}/", fg="green", bold=True)
        if not once:
            _wait(server, deployment)
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        if once:
            demo.step("Nothing is left behind", "destroy", deployment, "--yes")
    _summary(demo)


def _until_prediction(demo: _Demo) -> None:
    name = demo.deployment
    demo.step("What people added is checked", "check")
    demo.step("The plan says what would happen, and why", "plan", name)
    demo.step("The plan is carried out", "apply", name, "--yes")
    demo.step("A prediction by REST", "predict", name, "--sample", "1")
    demo.step("The same by gRPC", "predict", name, "--sample", "1", "--grpc")
    demo.step("What runs is recorded in Git", "status")


def _require_parts() -> None:
    missing = {extra for part, extra in _NEEDED.items() if importlib.util.find_spec(part) is None}
    if missing:
        raise DeepcatError(
            f"the extra {' and '.join(f'`{name}`' for name in sorted(missing))} is not installed",
            hint="pip install 'deepcat[local]', or in a clone: make demo",
            code="demo/missing",
        )


def _port(port: int) -> int:
    """The port asked for, or a free one.

    Raises:
        DeepcatError: somebody listens there already.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DeepcatError(
                f"port {port} is taken: {error.strerror}",
                hint="name another with `--port`, or leave it out and take a free one",
                code="demo/port",
            ) from None
        return int(probe.getsockname()[1])


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
    click.echo(f"Stop it with Ctrl-C. `{deployment}` goes on until: deepcat destroy {deployment}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.wait()
    except KeyboardInterrupt:
        click.echo()


def _summary(demo: _Demo) -> None:
    click.secho("\n# How long each step took", fg="cyan", bold=True)
    for title, seconds in demo.times:
        click.echo(f"{seconds:7.1f} s  {title}")
    click.echo(f"{sum(seconds for _, seconds in demo.times):7.1f} s  in all")
