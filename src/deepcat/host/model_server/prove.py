"""Wait until a server answers for its models, and hold its answers against the samples."""

from __future__ import annotations

import errno
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.keeper import Program
from deepcat.host.model_server.client import AskError, Client, turns_away
from deepcat.host.model_server.compare import differences
from deepcat.host.model_server.keys import Keys
from deepcat.host.model_server.rollout import Served, Server
from deepcat.host.model_server.servers import Servers
from deepcat.host.place import tail
from deepcat.host.proxy.values import host_of

_PAUSE_S = 0.03
_WAIT_S = 0.5
_ERROR = re.compile(r"^error(?: \[(?P<code>[\w/-]+)\])?: (?P<message>.*)$", re.MULTILINE)
_FORM = re.compile(
    r"^(?P<model>[\w.-]+) version \d+: (?:LiteRT|TensorFlow) serves .+$", re.MULTILINE
)
_PROOF = re.compile(
    r"^proof of (?P<model>[\w.-]+) version \d+: (?P<name>[0-9a-f]{64})$", re.MULTILINE
)
_BY_LITE, _WHY = "LiteRT serves ", ", for "
_MOST_TOLD = 300
_NO_NETWORK = {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN}
# Of OpenSSL: a certificate is not yet valid, or has expired.
_OUT_OF_TIME = (9, 10)
# The server's own codes for what is not the module's fault.
_KINDS = {"serving/port": "capacity", "serving/tensorflow": "cloud", "run/box": "cloud"}


def base_url(server: Server) -> str:
    """Where a server answers REST."""
    scheme = "https" if server.options.access.tls else "http"
    return f"{scheme}://{host_of(server.address)}:{server.rest_port}"


def grpc_target(server: Server) -> str:
    """Where a server answers gRPC; with ``https://`` before it where that is by TLS."""
    scheme = "https://" if server.options.access.tls else ""
    return f"{scheme}{host_of(server.address)}:{server.grpc_port}"


def wait_available(servers: Servers, server: Server, timeout_s: float) -> Server:
    """Return once every model answers, with the server as it listens.

    Raises:
        StepError: a model does not load (module), the host cannot reach itself (cloud), the server
            dies, or the time is over.
    """
    located = _located(servers, server)
    keys = servers.keys
    client = Client(base_url(located), timeout_s=10, only=keys.only, key=keys.proof)
    deadline = time.monotonic() + timeout_s
    started = servers.program(server)
    for model in server.models:
        while not is_available(client, model):
            program = servers.program(server)
            died = program is None or not program.is_up
            if died or (started and program and started.pid and program.pid != started.pid):
                raise _died(program, servers.log(server))
            if time.monotonic() > deadline:
                raise StepError(
                    "module",
                    "run/timeout",
                    f"`{model.name}` was not available after {timeout_s:.0f} s",
                    "see `deepcat logs`, or allow more time",
                )
            time.sleep(_PAUSE_S)
    if server.options.access.asks:
        _require_closed(located, keys)
    return located


def _require_closed(server: Server, keys: Keys) -> None:
    """Raise StepError unless who shows no key is turned away."""
    at = base_url(server)
    if not turns_away(Client(at, timeout_s=10, only=keys.only), server.models[0].name):
        hint = "see the server's log, and what stands between"
        raise StepError("cloud", "run/access", f"{at} answers who shows no key", hint)


def _located(servers: Servers, server: Server) -> Server:
    """Wait until a server that chooses where it listens has told it.

    Raises:
        StepError: it ended, or waited too long for its start.
    """
    elsewhere = servers.keeper.elsewhere
    deadline = time.monotonic() + (elsewhere.patience_s if elsewhere else 0.0)
    while True:
        if located := servers.located(server):
            return located
        program = servers.program(server)
        if program is None or not program.is_up:
            raise _died(program, servers.log(server))
        if time.monotonic() > deadline:
            why = f": {program.reason}" if program.reason else ""
            message = f"it has not started after {elsewhere.patience_s if elsewhere else 0:.0f} s"
            hint = "allow more time, or another cloud"
            raise StepError(program.kind or "capacity", "run/waits", message + why, hint)
        time.sleep(_WAIT_S)


def check_samples(server: Server, samples: Sequence[Mapping[str, Any]], keys: Keys) -> list[str]:
    """Send the samples; gives the names of those that passed.

    Args:
        server: that is asked.
        samples: of its module.
        keys: of the run, whose own is shown.

    Raises:
        StepError: an answer differs, or is an error.
    """
    client = Client(base_url(server), timeout_s=120, only=keys.only, key=keys.proof)
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


def forms_told(log: str, models: Sequence[str]) -> list[str]:
    """What a server's log says last of which form of each model serves, where it has two.

    Args:
        log: its end; a model may have written any line of it.
        models: names.
    """
    found = {each["model"]: each[0][:_MOST_TOLD] for each in _FORM.finditer(log)}
    return ["".join(c for c in found[name] if c.isprintable()) for name in models if name in found]


def proofs_told(log: str, models: Sequence[str]) -> dict[str, str]:
    """What a server's log says of proofs: name -> why LiteRT does not serve, or nothing.

    Args:
        log: as `forms_told` takes it.
        models: names.
    """
    found = {each["model"]: each["name"] for each in _PROOF.finditer(log)}
    told: dict[str, str] = {}
    for line in forms_told(log, models):
        model, _, said = line.partition(" version ")
        is_lite = said.partition(": ")[2].startswith(_BY_LITE)
        why = said.partition(_WHY)[2]
        if model in found and is_lite is not bool(why):
            told[found[model]] = why
    return told


def is_available(client: Client, model: Served) -> bool:
    """Whether a model can be asked by now.

    Raises:
        StepError: it never will be: it does not load, the machine cannot reach itself, or the
            certificate is out of its time.
    """
    try:
        answer = client.status(model.name, model.version)
    except AskError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_NETWORK:
            raise _no_network(client, error.__cause__) from None
        _require_in_time(error.__cause__)
        return False
    status = answer["model_version_status"][0]
    if status["state"] == "END":
        why = status.get("status", {}).get("error_message") or "no reason was given"
        hint = "try it on this machine: deepcat serve --model NAME=DIR"
        raise StepError("module", "run/model", f"`{model.name}` does not load: {why}", hint)
    return bool(status["state"] == "AVAILABLE")


def _require_in_time(error: BaseException | None) -> None:
    """Raise StepError where a certificate counts no more, or not yet: to wait would not mend it."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _OUT_OF_TIME:
        hint = "put one there that counts now, or set this machine's clock"
        message = f"the certificate of `access.tls`: {error.verify_message}"
        raise StepError("auth", "run/certificate", message, hint)


def _no_network(client: Client, error: OSError) -> StepError:
    """Of a host without a loopback network, where no server can ever be asked."""
    message = f"this machine cannot reach itself at {client.base_url}: {error.strerror}"
    return StepError("cloud", "run/loopback", message, "ip link set dev lo up")


def _died(program: Program | None, log: Path) -> StepError:
    """Why a server is up no more: by its keeper's word, else by its own log."""
    if program is not None and program.kind:
        return StepError(program.kind, "run/ended", f"the server ended: {program.reason}")
    text = tail(log)
    found = list(_ERROR.finditer(text))
    code = found[-1]["code"] if found else ""
    lines = [line for line in text.splitlines() if line.strip()]
    why = found[-1]["message"] if found else (lines[-1] if lines else "it said nothing")
    kind = _KINDS.get(code or "", "module")
    own = "run/port" if kind == "capacity" else "run/server"
    return StepError(kind, own, f"the server ended: {why}", "see the run's folder for its log")
