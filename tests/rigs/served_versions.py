"""Versions of the model `m`, and what its server says of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

BODY = {"instances": [1.0]}


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
