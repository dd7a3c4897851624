"""Which of TensorFlow's operations a model may hold: those that reach nothing outside it. Pure.

`operations.txt` lists what is known to be harmless. What is not listed counts as dangerous, for the
next TensorFlow may bring an operation that nobody has looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from deepcat.catalog.reading.graph import Operation
from deepcat.catalog.reading.keras import Made
from deepcat.catalog.wording import visible

_FILE = Path(__file__).with_name("operations.txt")
# How variables come from and go to the model's own files; a server calls nothing but the restoring,
# with the model's own path, which must be what the operation is given.
_SAVER = frozenset(
    {"MergeV2Checkpoints", "RestoreV2", "Restore", "RestoreSlice", "SaveV2", "Save", "SaveSlices",
     "ShardedFilename", "ShardedFilespec"}
)  # fmt: skip
_RESTORES = frozenset({"RestoreV2", "Restore", "RestoreSlice"})
# Of Keras: what holds Python's own code, or loads another model.
_OF_PYTHON = frozenset(
    {"Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
)
# Its own modules, but not those whose functions fetch, read and write files.
_OF_KERAS = re.compile(r"(?:|builtins|(?:tf_)?keras(?!(?:\.src)?\.(?:utils|saving)\b)(?:\..*)?)\Z")
_REASONS = (
    (re.compile(r"PyFunc|PythonCall"), "runs Python"),
    (re.compile(r"Debug|Print|Dump|Summary|Timestamp|StatsAggregator"), "writes for a debugger"),
    (
        re.compile(r"Rpc|RPC|Remote|DataService|Send|Recv|Collective|Nccl|Socket|Host|BigQuery|Cloud"),
        "speaks with other processes",
    ),
    (re.compile(r"Abort|Sleep|Shutdown|Worker"), "can stop the server"),
    (
        re.compile(
            r"File|Save|Restore|Record|Reader|Checkpoint|Checkpoints|LMDB|Sql|CSVDataset|Snapshot|Dataset"
            r"|Vocab|ImmutableConst|Remap|Proto|FixedUnigram|Sharded"
        ),
        "reads or writes files",
    ),
)  # fmt: skip


@cache
def harmless() -> frozenset[str]:
    """The operations that reach nothing outside a model's own session."""
    lines = _FILE.read_text("utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def dangers(
    operations: Iterable[Operation], allowed: Collection[str]
) -> Iterator[tuple[Operation, str]]:
    """Each kind of operation that a model may not hold, where it stands first, and why.

    Args:
        operations: of the model.
        allowed: names that the catalog's owners took for this model.
    """
    seen = {*harmless(), *allowed}
    for each in operations:
        if each.name in seen or _is_of_the_saver(each):
            continue
        seen.add(each.name)
        yield each, _reason(each.name)


def of_lite(names: Iterable[str], allowed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each operation of a TensorFlow Lite file that is not its own, and why it may not be there.

    What an operation of TensorFlow (`Flex…`) does is in its options, whatever its name says.
    """
    for name in dict.fromkeys(names):
        if name not in allowed:
            yield name, "is brought by a program beside TensorFlow Lite"


def of_keras(every: Iterable[Made], allowed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each thing that a Keras file may not have Keras make, and why."""
    seen = set(allowed)
    for each in every:
        if each.name in _OF_PYTHON:
            name, why = each.name, "runs code that the file brings"
        elif not _OF_KERAS.match(each.module):
            name, why = each.name or each.module, f"is imported from `{visible(each.module)}`"
        else:
            continue
        if name not in seen:
            seen.add(name)
            yield name, why


def _is_of_the_saver(operation: Operation) -> bool:
    if not operation.of_saver or operation.name not in _SAVER:
        return False
    return operation.name not in _RESTORES or operation.source == "argument"


def _reason(name: str) -> str:
    return next(
        (reason for pattern, reason in _REASONS if pattern.search(name)),
        "is not known to reach nothing outside the model",
    )
