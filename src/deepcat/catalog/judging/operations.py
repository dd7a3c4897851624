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

_FILE = Path(__file__).with_name("operations.txt")
# How variables come from and go to the model's own files; a server calls nothing but the restoring,
# with the model's own path, which must be what the operation is given.
_SAVER = frozenset(
    {"MergeV2Checkpoints", "RestoreV2", "Restore", "RestoreSlice", "SaveV2", "Save", "SaveSlices",
     "ShardedFilename", "ShardedFilespec"}
)  # fmt: skip
_RESTORES = frozenset({"RestoreV2", "Restore", "RestoreSlice"})
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


def _is_of_the_saver(operation: Operation) -> bool:
    if not operation.of_saver or operation.name not in _SAVER:
        return False
    return operation.name not in _RESTORES or operation.source == "argument"


def _reason(name: str) -> str:
    return next(
        (reason for pattern, reason in _REASONS if pattern.search(name)),
        "is not known to reach nothing outside the model",
    )
