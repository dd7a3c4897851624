"""A module's own figures: what it says of its metrics, its archive's checksum, its samples."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

# Sample name -> request and response, as bodies of TensorFlow Serving's REST API.
Samples: TypeAlias = "Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]"
_NAMING = ("module.yaml", "tosca.yaml")


def differences(
    folder: Path, metrics: Mapping[str, float], *, absolute: float = 0.0, relative: float = 0.0
) -> list[str]:
    """What `module.yaml` says otherwise than these metrics, a sentence for each.

    Args:
        folder: the module's.
        metrics: metric's name -> value that a training gave.
        absolute: how far a value may be off whose metric names no `tolerance`.
        relative: how much further, as a part of the value that is told.
    """
    import yaml

    told = yaml.safe_load((folder / "module.yaml").read_text("utf-8"))["metrics"]
    return [
        f"{metric['name']}: module.yaml says {metric['value']}, training gave "
        f"{metrics.get(metric['name'])}"
        for metric in told
        if not _is_near(
            metrics.get(metric["name"]),
            metric["value"],
            metric.get("tolerance", absolute),
            0.0 if "tolerance" in metric else relative,
        )
    ]


def _is_near(value: float | None, told: float, absolute: float, relative: float) -> bool:
    return value is not None and abs(value - told) <= absolute + relative * abs(told)


def write_archive(folder: Path, content: bytes) -> None:
    """Write the archive, and its checksum where the module and its template name it."""
    (folder / "model.tar.gz").write_bytes(content)
    digest = f"sha256: {hashlib.sha256(content).hexdigest()}"
    for name in _NAMING:
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(re.sub(r"sha256: [0-9a-f]*", digest, text), "utf-8")


def write_samples(folder: Path, samples: Samples) -> None:
    """Write each sample's request and response as files of `samples/`."""
    for name, bodies in samples.items():
        for kind, body in (("request", bodies[0]), ("response", bodies[1])):
            path = folder / "samples" / f"{name}.{kind}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(body) + "\n", "utf-8")
