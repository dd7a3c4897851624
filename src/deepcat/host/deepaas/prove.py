"""Wait until a plug-in answers, and hold its answers against the author's samples."""

from __future__ import annotations

import http.client
import json
import mimetypes
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from deepcat.host.deepaas.plugins import Plugins
from deepcat.host.deepaas.values import LOOPBACK, Running
from deepcat.host.failure import StepError
from deepcat.host.model_server.compare import differences

_PAUSE_S, _LOOK_S, _ANSWER_S = 0.1, 5.0, 120.0
_MOST_BYTES = 64 << 20
_JSON = "application/json"


def wait_answers(plugins: Plugins, each: Running, timeout_s: float) -> None:
    """Return once DEEPaaS tells of the model.

    Raises:
        StepError: it died (module), or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    started = plugins.program(each)
    while not _tells(each):
        program = plugins.program(each)
        died = program is None or not program.is_up
        if died or (started and program and started.pid and program.pid != started.pid):
            reason = program.reason if program and program.reason else "see its log"
            message = f"DEEPaaS ended while it started the plug-in `{each.model}`: {reason}"
            hint = "try it on this machine: deepaas-run in the lock's environment"
            raise StepError("module", "run/plugin", message, hint)
        if time.monotonic() > deadline:
            message = f"the plug-in `{each.model}` did not answer after {timeout_s:.0f} s"
            raise StepError("module", "run/timeout", message, "allow more time")
        time.sleep(_PAUSE_S)


def check_samples(each: Running, samples: Sequence[Mapping[str, Any]], files: Path) -> list[str]:
    """Send the samples; gives the names of those that passed.

    Args:
        each: what is asked.
        samples: as `samples.json` of the plug-in has them.
        files: the folder that their files lie in.

    Raises:
        StepError: an answer differs, or is an error.
    """
    failed = [
        f"sample `{s.get('name')}`: {why}" for s in samples if (why := _wrong(each, s, files))
    ]
    if failed:
        hint = "correct the sample of the plug-in, or the plug-in"
        raise StepError("module", "run/sample", "; ".join(failed), hint)
    return [str(sample.get("name")) for sample in samples]


def _wrong(each: Running, sample: Mapping[str, Any], files: Path) -> str:
    """What is wrong with the answer to a sample; empty where it is as declared."""
    accept = str(sample.get("accept") or _JSON)
    path = f"/v2/models/{quote(each.model)}/predict/"
    if query := sample.get("arguments"):
        path += "?" + urlencode(query, doseq=True)
    boundary = secrets.token_hex(16)
    body = b"".join(_parts(sample.get("files") or {}, files, boundary))
    headers = {"Accept": accept, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    try:
        status, media, said = _ask(each, "POST", path, body, headers, _ANSWER_S)
    except OSError as error:
        return f"no answer: {error}"
    if status != 200:
        return f"status {status}: {said[:300].decode('utf-8', 'replace')}"
    if media != accept:
        return f"it is `{media}`, not `{accept}`"
    return _differs(sample, said) if accept == _JSON else "" if said else "it is empty"


def _differs(sample: Mapping[str, Any], said: bytes) -> str:
    try:
        found = json.loads(said)
    except ValueError as error:
        return f"it is no JSON: {error}"
    if "response" not in sample:
        return ""
    tolerance = float(sample.get("tolerance", 1e-4))
    return next(iter(differences(sample["response"], found, tolerance)), "")


def _parts(named: Mapping[str, str], files: Path, boundary: str) -> Iterator[bytes]:
    """The body of a form with files."""
    for name, path in named.items():
        whole = (files / path).resolve()
        if not whole.is_relative_to(files.resolve()) or not whole.is_file():
            message = f"`{path}`, which a sample of the plug-in sends, is not there"
            raise StepError("module", "run/sample", message, "name a file of the plug-in's folder")
        media = mimetypes.guess_type(whole.name)[0] or "application/octet-stream"
        yield (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{whole.name}"\r\nContent-Type: {media}\r\n\r\n'
        ).encode()
        yield whole.read_bytes() + b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _tells(each: Running) -> bool:
    try:
        path = f"/v2/models/{quote(each.model)}/"
        return _ask(each, "GET", path, None, {"Accept": _JSON}, _LOOK_S)[0] == 200
    except OSError:
        return False


def _ask(
    each: Running,
    verb: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout_s: float,
) -> tuple[int, str, bytes]:
    """Status, media type and body."""
    connection = http.client.HTTPConnection(LOOPBACK, each.port, timeout=timeout_s)
    try:
        connection.request(verb, path, body, dict(headers))
        answer = connection.getresponse()
        media = (answer.getheader("Content-Type") or "").partition(";")[0].strip()
        return answer.status, media, answer.read(_MOST_BYTES)
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from None
    finally:
        connection.close()
