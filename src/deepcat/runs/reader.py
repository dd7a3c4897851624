"""A new server proved as its reader will ask it: from here, by the endpoint or through a tunnel.

The host's own proof says that a server answers there. Whether anybody else reaches it is another
question: a firewall, a proxy or a listener that only says its own machine stands in between.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.registry import answering, kind_of
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.model_server.compare import differences
from deepcat.remote.address import target
from deepcat.remote.http2 import speaks_http2
from deepcat.serving.client.rest import Client, trusting, turns_away

Values = Mapping[str, Any]

_TLS = "https://"
_PATIENCE_S = 10.0
_ANSWER_S = 120.0
_LOOK_S = 5.0
_PAUSE_S = 0.2
_HINT = "let this machine reach what listens there, or name another way in the cloud's file"


@dataclass(frozen=True, slots=True)
class Reader:
    """How a deployment will be asked from here.

    Attributes:
        deployment: its name.
        cloud: where it runs.
        shape: that it is given there.
        means: what the cloud's kind may use.
        samples: the file that holds the module's samples.
        key: of the run, where callers are asked for one; else empty.
        only: the servers' own certificate, as PEM, where the way is encrypted to them; else empty.
    """

    deployment: str
    cloud: Cloud
    shape: str
    means: Means
    samples: Path
    key: str = field(default="", repr=False)
    only: str = ""


def prove(reader: Reader, servers: Sequence[Values]) -> dict[str, Any]:
    """Ask the servers that must prove themselves, as a reader will.

    A server on ports of its own, which it has only until it takes over, is asked at these where a
    tunnel leads to them. Where its reader comes without one, as to a proxy, something may let
    through the final ports alone: then what answers at those is asked, so that the way is known to
    be open.

    Args:
        reader: how it is asked.
        servers: as `deepcat.host.model_server.steps` tells them. One that says `unasked` was asked
            for no sample yet: it is compared here, and what it answers otherwise is its module's.
            One that says `inside` has final ports to which a tunnel alone leads.

    Returns:
        Ansible's result; it tells of samples only where none was compared before.
    """
    samples = json.loads(reader.samples.read_text("utf-8"))
    try:
        passed = sum(_prove(reader, server, samples) for server in servers)
    except StepError as error:
        return {"failed": True, "msg": error.message, "deepcat_failure": error.as_dict()}
    except DeepcatError as error:
        message = f"`{reader.deployment}` does not answer as its reader asks it: {error.message}"
        failure = {
            "kind": "cloud",
            "code": "run/endpoint",
            "message": message,
            "hint": error.hint or _HINT,
        }
        return {"failed": True, "msg": message, "deepcat_failure": failure}
    if not any(server.get("unasked") for server in servers):
        return {"changed": False}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"passed": passed, "failed": 0, "at": at}
    return {"changed": False, "deepcat": {"samples": told}}


def _prove(reader: Reader, server: Values, samples: Sequence[Values]) -> int:
    """How many of its answers were compared, and are as they should be."""
    failed, is_first, compared = [], bool(server.get("unasked")), 0
    cloud = reader.cloud
    trust: Values = {"trust": str(cloud.data.get("trust") or ""), "only": reader.only}
    with answering(cloud):
        kind, known = kind_of(cloud), (cloud, reader.deployment, reader.shape)
        listens = kind.endpoint(cloud, server["listens"])
        with kind.tunnel(*known, listens, reader.means) as found:
            is_final = server["final"] == server["listens"]
            is_through = dict(found) != dict(listens)
            if is_final or is_through:
                _answers(found, server["models"], trust, reader.key)
                client = Client(found["rest"], timeout_s=_ANSWER_S, key=reader.key, **trust)
                failed = _compare(client, server["models"][0], samples, is_first=is_first)
                compared = len(samples)
            elif is_first:
                raise DeepcatError("no tunnel leads to it before it takes over", hint=_HINT)
        final = kind.endpoint(cloud, server["final"])
        is_inside = server.get("inside") or not final["grpc"].startswith(_TLS)
        if not is_final and not (is_through and is_inside):
            _wait(final["grpc"], lambda: _speaks(final["grpc"], trust))
    if failed:
        hint = "correct the sample's `response`, its `tolerance`, or the model"
        raise StepError("module", "run/sample", "; ".join(failed), hint)
    return compared


def _answers(at: Values, models: Sequence[Values], trust: Mapping[str, Any], key: str) -> None:
    """Raise DeepcatError unless what is there answers for each model.

    Where it asks for a key, who shows none must be turned away.
    """
    rest = at["rest"]
    client = Client(rest, timeout_s=_LOOK_S, key=key, **trust)
    if rest.startswith(_TLS):
        _verified(client, models)
    _wait(rest, lambda: all(client.available(each["name"], each["version"]) for each in models))
    _wait(at["grpc"], lambda: _speaks(at["grpc"], trust))
    if key and not turns_away(Client(rest, timeout_s=_LOOK_S, **trust), models[0]["name"]):
        hint = "see what stands between this machine and that one: another server answers"
        raise DeepcatError(f"{rest} answers who shows no key", hint=hint)


def _compare(
    client: Client, model: Values, samples: Sequence[Values], *, is_first: bool
) -> list[str]:
    """What is wrong with answers that nobody has compared before.

    Args:
        client: that asks.
        model: that is asked for.
        samples: of its module.
        is_first: whether nobody has compared them before.

    Raises:
        DeepcatError: its host was answered otherwise, or the way there failed.
    """
    failed: list[str] = []
    for sample in samples:
        name = sample["name"]
        try:
            answer = client.call(
                model["name"], sample["method"], sample["request"], model["version"]
            )
        except DeepcatError as error:
            if not is_first or error.code != "serving/refused":
                raise
            failed.append(f"sample `{name}`: {error.message}")
            continue
        found = differences(sample["response"], answer, sample["tolerance"])
        if found and not is_first:
            raise DeepcatError(
                f"{client.base_url} answers sample `{name}` otherwise than its host: {found[0]}",
                hint="see what stands between this machine and that one: another server answers",
            )
        failed += [f"sample `{name}`: {each}" for each in found[:1]]
    return failed


def _verified(client: Client, models: Sequence[Values]) -> None:
    """Raise DeepcatError at once where the certificate does not do: to wait would not mend it."""
    try:
        client.status(models[0]["name"])
    except DeepcatError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise


def _speaks(address: str, trust: Mapping[str, str]) -> bool:
    """Whether gRPC is spoken there."""
    by = trusting(trust["trust"], trust["only"]) if address.startswith(_TLS) else None
    return speaks_http2(*target(address), _LOOK_S, by)


def _wait(address: str, is_there: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_there():
        if time.monotonic() > until:
            raise DeepcatError(f"nothing answered at {address} for {_PATIENCE_S:.0f} s", hint=_HINT)
        time.sleep(_PAUSE_S)
