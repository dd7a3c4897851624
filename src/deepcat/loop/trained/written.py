"""The files of a module's folder as a new version has them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from deepcat.catalog.beginning.put import At, put, put_first, without
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.catalog.values import Module
from deepcat.loop.trained.before import Others
from deepcat.loop.trained.values import Answered, Figure, Output, Provenance
from deepcat.loop.trained.version import same_contract

Files = Mapping[str, bytes]
_ARCHIVE = re.compile(rb"^( *archive: +)(\S+)$", re.MULTILINE)
_DIGITS = 64
_SUFFIXES = (".tar.gz", ".tgz", ".zip")


def renewed(
    files: Files,
    data: Mapping[str, Any],
    output: Output,
    told: Sequence[Figure],
    version: str,
    source: Provenance,
    other: Others,
    address: str = "",
) -> dict[str, bytes | None]:
    """What of a module's folder changes, by its path in it; None for what goes.

    Args:
        files: of the folder, without its archive.
        data: `module.yaml`, as parsed.
        output: what the training made.
        told: its figures.
        version: the new one.
        source: how the training came to be.
        other: what it had that the version before had not.
        address: where the archive lies, if not in the folder.

    Raises:
        DeepcatError: `module.yaml` cannot be changed so (``edit/form``).
    """
    model, day = data["model"], source.ended[:10]
    values: dict[At, Any] = {("version",): version, ("model", "sha256"): output.sha256}
    made: dict[str, bytes | None] = {}
    if address:
        values["model", "source"] = address
        if old_path := model.get("path"):
            made[str(old_path)] = None
    else:
        path = archive_path(str(model["path"]), output.archive.name)
        if path != model["path"]:
            values["model", "path"] = path
            made[str(model["path"])] = None
    if not same_contract(data, output.signature):
        values["model", "signature"] = _signature(model.get("signature") or {}, output.signature)
    for each in told:
        if each.is_news:
            values["metrics", each.index, "value"] = each.after
    if isinstance(data.get("dates"), Mapping):
        values["dates", "updated"] = day
    run = source.as_run()
    values["training", "run"] = run
    if "emissions_kg" in run:
        values["training", "emissions_kg"] = run["emissions_kg"]
    text = put(files[MODULE_FILE].decode(), MODULE_FILE, values)
    if address and "path" in model:
        text = without(text, MODULE_FILE, "model", "path")
    entry = {
        "version": version,
        "date": day,
        "kind": "changed",
        "text": _change(told, source, other),
    }
    made[MODULE_FILE] = put_first(text, MODULE_FILE, "changes", entry).encode()
    topology = str(data.get("topology") or "")
    if topology in files:
        where = str(model.get("path") or model.get("source"))
        now = address or archive_path(where, output.archive.name)
        before = (where, str(model.get("sha256") or ""))
        content = moved(files[topology], before, (now, output.sha256))
        if content != files[topology]:
            made[topology] = content
    return made


def moved(topology: bytes, before: tuple[str, str], after: tuple[str, str]) -> bytes:
    """A template with another archive in place of the old one.

    Args:
        topology: its text.
        before: where the archive lies, and its sha256.
        after: the same of the new one.
    """
    if len(before[1]) == _DIGITS:
        topology = topology.replace(before[1].encode(), after[1].encode())

    def line(found: re.Match[bytes]) -> bytes:
        is_it = found[2].strip(b"\"'") == before[0].encode()
        return found[1] + after[0].encode() if is_it else found[0]

    return _ARCHIVE.sub(line, topology)


def archive_path(path: str, made: str) -> str:
    """Where a new archive lies: where the old one does, with its own suffix."""
    suffix = next(each for each in _SUFFIXES if made.endswith(each))
    old = next((each for each in _SUFFIXES if path.endswith(each)), PurePosixPath(path).suffix)
    return path.removesuffix(old) + suffix


def rewritten(files: Files, module: Module, answers: Sequence[Answered]) -> dict[str, bytes | None]:
    """What changes where the expected answers of some samples are those of the new model.

    Args:
        files: of the folder, as the new version has them.
        module: with the samples.
        answers: of the new model, in the samples' order.
    """
    made: dict[str, bytes | None] = {}
    values: dict[At, Any] = {}
    for index, (sample, answer) in enumerate(zip(module.samples, answers, strict=True)):
        if not answer.differs:
            continue
        if sample.response_file:
            made[sample.response_file] = (json.dumps(answer.body) + "\n").encode()
        else:
            values["samples", index, "response"] = dict(answer.body)
    if values:
        made[MODULE_FILE] = put(files[MODULE_FILE].decode(), MODULE_FILE, values).encode()
    return made


def _signature(told: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The new signatures, with what people said of tensors that are still there."""
    whole: dict[str, Any] = {}
    for name, each in found.items():
        whole[name] = {"method": each["method"]}
        for part in ("inputs", "outputs"):
            known = (told.get(name) or {}).get(part) or {}
            whole[name][part] = {
                key: {**tensor, **_description(known.get(key))}
                for key, tensor in each[part].items()
            }
    return whole


def _description(tensor: Any) -> dict[str, Any]:
    words = tensor.get("description") if isinstance(tensor, Mapping) else None
    return {"description": words} if words else {}


def _change(told: Sequence[Figure], source: Provenance, other: Others) -> str:
    moved = [each for each in told if each.after is not None and each.after != each.before]
    words = "; ".join(f"{each.name} {each.before:g}, now {each.after:g}" for each in moved[:5])
    having = f" with {other.words}" if other.words else ""
    return (
        f"Trained anew{having} by {source.deployment} ({source.id}){': ' if words else ''}{words}."
    )
