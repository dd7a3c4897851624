"""Wishes for trainings that have no file: what one would say, and under which name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.errors import UsageError

# A deployment's name has at most 63 letters.
_LONGEST = 45


def wish(
    root: Path,
    module: str,
    version: str,
    inputs: Mapping[str, Any],
    clouds: Sequence[str],
    owner: str,
    limits: Mapping[str, Any],
) -> dict[str, Any]:
    """What a file would say.

    Raises:
        UsageError: the catalog has no such module or cloud.
    """
    from deepcat.catalog.beginning.deployment import deployment_data
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.reading.units import UnitKind, units
    from deepcat.catalog.wording import unknown

    every = units(work_tree(root))
    for kind, names in ((UnitKind.MODULE, (module,)), (UnitKind.CLOUD, clouds)):
        known = {unit.name for unit in every if unit.kind is kind}
        for each in names:
            if each not in known:
                raise unknown(kind.value, each, known)
    bounds = {name: value for name, value in limits.items() if value}
    data = deployment_data(
        module,
        version=version or "*",
        profile="train",
        clouds=clouds,
        max_price=None,
        lifetime="",
        owner=owner,
        inputs=inputs,
    )
    return {**data, "limits": bounds} if bounds else data


def name_of(data: Mapping[str, Any]) -> str:
    """Another one for everything else that is asked for."""
    asked = json.dumps(data, sort_keys=True, ensure_ascii=False).encode()
    start = f"train-{data['module']}"[:_LONGEST].rstrip("-")
    return f"{start}-{hashlib.sha256(asked).hexdigest()[:8]}"


def prove(root: Path, name: str, data: Mapping[str, Any]) -> None:
    """Hold what is asked for against what a file may say.

    Raises:
        UsageError: it would not pass the check, or a file of that name is there.
    """
    from deepcat.catalog.converting.dump import dump
    from deepcat.catalog.reading.units import UnitKind
    from deepcat.cli.new.ask import check_name
    from deepcat.cli.new.prove import prove_file

    check_name(name, "deployment")
    path = f"deployments/{name}.yaml"
    prove_file(UnitKind.DEPLOYMENT, path, dump(dict(data)))
    if (root / path).exists():
        raise UsageError(
            f"`{path}` wishes for `{name}` already",
            hint=f"run `deepcat apply {name}`, or choose another `--name`",
        )
