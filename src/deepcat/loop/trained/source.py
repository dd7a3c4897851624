"""A training that ended, found by its deployment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError, UsageError
from deepcat.loop.trained.values import Provenance

if TYPE_CHECKING:
    from deepcat.plan.values import State
    from deepcat.records.record import Record


@dataclass(frozen=True, slots=True)
class Ended:
    """A training that ended.

    Attributes:
        record: of its deployment.
        output: the folder of what it made, on this machine.
        source: how it came to be.
    """

    record: Record
    output: Path
    source: Provenance


def ended(root: Path, record: Record, currency: str) -> Ended:
    """The training of a deployment.

    Args:
        root: the catalog's folder.
        record: of the deployment, as it holds now.
        currency: the catalog's.

    Raises:
        UsageError: it is no training.
        DeepcatError: it has not ended well (``job/exit``), or lies elsewhere (``job/elsewhere``).
    """
    state = record.state
    if state.profile != "train":
        hint = "name a deployment with `profile: train`"
        raise UsageError(f"`{state.name}` is no training", hint=hint)
    if state.exit_status != 0:
        words = (
            f"ended with status {state.exit_status}"
            if state.has_ended
            else f"is {state.status.value}"
        )
        raise DeepcatError(
            f"the training of `{state.name}` {words}",
            hint=f"see `deepcat logs {state.name}`",
            code="job/exit",
        )
    return Ended(record, _output(state), _source(root, record, currency))


def id_of(state: State) -> str:
    """A training's id: the same for the same module, inputs and cloud's result."""
    known = [state.module, state.module_digest, dict(state.inputs), state.commit, state.ended]
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _output(state: State) -> Path:
    from deepcat.host.machine import machine

    named = state.resources.get("outputs")
    folders = [str(each) for each in named] if isinstance(named, list | tuple) else []
    if len(folders) != 1 or state.resources.get("machine") != machine():
        raise DeepcatError(
            f"what the training of `{state.name}` made does not lie on this machine",
            hint="propose it on the machine that `deepcat status` names",
            code="job/elsewhere",
        )
    return Path(folders[0])


def _source(root: Path, record: Record, currency: str) -> Provenance:
    from deepcat.records.history import cost, instant

    state = record.state
    until = instant(state.ended)
    data, lock = _trained(root, state)
    seed = data.get("seed")
    return Provenance(
        id=id_of(state),
        deployment=state.name,
        module=state.module,
        version=state.version,
        commit=state.module_commit or state.commit,
        inputs=dict(state.inputs),
        seed=seed if isinstance(seed, int) else None,
        lock=lock,
        cloud=state.cloud,
        shape=state.shape,
        ended=state.ended,
        duration_s=_duration(record, until),
        cost=cost(record, until) if until and record.price_hour else None,
        currency=currency,
    )


def _duration(record: Record, until: datetime | None) -> float | None:
    from deepcat.records.history import instant

    begun = [instant(each.at) for each in record.history if each.status in ("pending", "running")]
    known = [each for each in begun if each and until and each <= until]
    return (until - known[-1]).total_seconds() if known and until else None


def _trained(root: Path, state: State) -> tuple[Mapping[str, Any], str]:
    """What the module said of its training, and the sha256 of its lock."""
    from deepcat.catalog.reading.open_tree import git_tree
    from deepcat.catalog.reading.parse import read_bytes

    commit = state.module_commit or state.commit
    if not commit:
        return {}, ""
    tree, folder = git_tree(root, commit), f"modules/{state.module}"
    try:
        document, _ = read_bytes(tree.read(f"{folder}/module.yaml"), "module.yaml")
        data = document.data if document and isinstance(document.data, dict) else {}
        training = data.get("training")
        training = training if isinstance(training, Mapping) else {}
        name = training.get("environment")
        content = tree.read(f"{folder}/{name}") if isinstance(name, str) else b""
    except FileNotFoundError:
        return {}, ""
    return training, hashlib.sha256(content).hexdigest() if content else ""
