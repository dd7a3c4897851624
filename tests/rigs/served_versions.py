"""Versions of the model `m`, and what its server says of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 60
BODY = {"instances": [1.0]}


def until(check: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (value := check()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return value


def put(source: Path, target: Path) -> None:
    """As a deployment puts a version there: whole, by one rename."""
    shutil.copytree(source, target.with_name(f".{target.name}"))
    target.with_name(f".{target.name}").rename(target)


def states(server: Any, model: str = "m") -> dict[str, str]:
    answer = server.ask("GET", f"/v1/models/{model}")
    listed = answer.json.get("model_version_status", [])
    return {status["version"]: status["state"] for status in listed}


def message(server: Any, version: int) -> str:
    (status,) = server.ask("GET", f"/v1/models/m/versions/{version}").json["model_version_status"]
    return str(status["status"]["error_message"])


def answer(server: Any) -> Any:
    return server.predict("m", BODY).json
