"""Wait until a server answers for its models, and hold its answers against the samples."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.model_server.client import AskError, Client
from deepcat.host.model_server.compare import differences
from deepcat.host.model_server.rollout import Served, Server
from deepcat.host.model_server.servers import Servers

TAIL = 4000
_PAUSE_S = 0.03
_ERROR = re.compile(r"^error(?: \[(?P<code>[\w/-]+)\])?: (?P<message>.*)$", re.MULTILINE)
# The server's own codes for what is not the module's fault.
_KINDS = {"serving/port": "capacity", "serving/tensorflow": "cloud"}


def base_url(server: Server) -> str:
    """Where a server answers REST."""
    host = f"[{server.address}]" if ":" in server.address else server.address
    return f"http://{host}:{server.rest_port}"


def wait_available(servers: Servers, server: Server, timeout_s: float) -> None:
    """Return once every model answers.

    Raises:
        StepError: a model does not load (module), the server dies, or the time is over.
    """
    client = Client(base_url(server), timeout_s=10)
    deadline = time.monotonic() + timeout_s
    started = servers.program(server)
    for model in server.models:
        while not _is_available(client, model):
            program = servers.program(server)
            died = program is None or not program.is_up
            if died or (started and program and started.pid and program.pid != started.pid):
                raise _died(servers.log(server))
            if time.monotonic() > deadline:
                raise StepError(
                    "module",
                    "run/timeout",
                    f"`{model.name}` was not available after {timeout_s:.0f} s",
                    "see `deepcat logs`, or allow more time",
                )
            time.sleep(_PAUSE_S)


def check_samples(server: Server, samples: Sequence[Mapping[str, Any]]) -> list[str]:
    """Send the samples; gives the names of those that passed.

    Raises:
        StepError: an answer differs, or is an error.
    """
    client = Client(base_url(server), timeout_s=120)
    model = server.models[0]
    failed: list[str] = []
    for sample in samples:
        try:
            answer = client.call(model.name, sample["method"], sample["request"], model.version)
        except AskError as error:
            failed.append(f"sample `{sample['name']}`: {error.message}")
            continue
        found = differences(sample["response"], answer, sample["tolerance"])
        if found:
            failed.append(f"sample `{sample['name']}`: {found[0]}")
    if failed:
        hint = "correct the sample's `response`, its `tolerance`, or the model"
        raise StepError("module", "run/sample", "; ".join(failed), hint)
    return [str(sample["name"]) for sample in samples]


def _is_available(client: Client, model: Served) -> bool:
    try:
        answer = client.status(model.name, model.version)
    except AskError:
        return False
    status = answer["model_version_status"][0]
    if status["state"] == "END":
        why = status.get("status", {}).get("error_message") or "no reason was given"
        hint = "try it on this machine: deepcat serve --model NAME=DIR"
        raise StepError("module", "run/model", f"`{model.name}` does not load: {why}", hint)
    return bool(status["state"] == "AVAILABLE")


def _died(log: Path) -> StepError:
    text = tail(log)
    found = list(_ERROR.finditer(text))
    code = found[-1]["code"] if found else ""
    lines = [line for line in text.splitlines() if line.strip()]
    why = found[-1]["message"] if found else (lines[-1] if lines else "it said nothing")
    kind = _KINDS.get(code or "", "module")
    own = "run/port" if kind == "capacity" else "run/server"
    return StepError(kind, own, f"the server ended: {why}", "see the run's folder for its log")


def tail(log: Path, size: int = TAIL) -> str:
    """The end of a log."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - size))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""
