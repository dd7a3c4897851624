"""What becomes of each source of an import, and all of them together. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from deepcat.catalog.converting.generation import Generation
from deepcat.catalog.findings import Finding
from deepcat.errors import DeepcatError

_PREFIX = "x-"
_FORMATS = ("x-hugging-face", "x-bioimage.io", "x-mlflow")


class State(StrEnum):
    """What became of a source."""

    IMPORTED = "imported"
    UPDATED = "updated"
    SKIPPED = "skipped"
    FAILED = "failed"


class BrokenError(DeepcatError):
    """Metadata that cannot be read, or a module that a check would refuse.

    Attributes:
        findings: what is wrong, and where.
        name: the module's; empty where it is not known.
        generation: the format; empty where it is not known.
        module: the data of its `module.yaml`; empty where it is not known.
    """

    def __init__(
        self,
        findings: tuple[Finding, ...],
        name: str = "",
        generation: str = "",
        module: Mapping[str, Any] | None = None,
    ) -> None:
        first = next(finding for finding in findings if finding.is_error)
        super().__init__(first.message, hint=first.hint, code=first.code)
        self.findings = findings
        self.name = name
        self.generation = generation
        self.module = module or {}


@dataclass(frozen=True, slots=True)
class Brought:
    """A module as a source gives it; it is written nowhere yet.

    Attributes:
        name: the module's name.
        generation: the format.
        module: the data of its `module.yaml`.
        files: path inside the module's folder -> content.
        findings: what was mended, and what a check says.
    """

    name: str
    generation: Generation
    module: Mapping[str, Any]
    files: Mapping[str, bytes]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a source.

    Attributes:
        source: as a person may read it.
        state: what was done.
        why: for what was skipped or failed, one sentence; of what was done, where there is more.
        hint: how to go on; may be empty.
        name: the module's name; empty where it is not known.
        generation: the format; empty where it is not known.
        commit: of the repository; empty for a file.
        findings: what was mended, and what a check says.
        files: what was written, or would be.
        module: the data of its `module.yaml`.
        error: what went wrong, of what failed.
    """

    source: str
    state: State
    why: str = ""
    hint: str = ""
    name: str = ""
    generation: str = ""
    commit: str = ""
    findings: tuple[Finding, ...] = ()
    files: Sequence[str] = ()
    module: Mapping[str, Any] = field(default_factory=dict)
    error: DeepcatError | None = None

    @property
    def lost(self) -> tuple[str, ...]:
        """The fields of the source that no field of a module takes, as they are kept."""
        return tuple(aside(self.module))


def aside(data: Mapping[str, Any]) -> Iterator[str]:
    """The keys under which a module keeps what it has no field for; those inside formats' own."""
    for key, value in data.items():
        if not key.startswith(_PREFIX):
            if isinstance(value, dict):
                yield from (f"{key}.{inner}" for inner in aside(value))
        elif isinstance(value, dict) and key in _FORMATS:
            yield from (f"{key}.{inner}" for inner in value)
        else:
            yield key


def failed(
    source: str, error: DeepcatError, brought: Brought | None = None, commit: str = ""
) -> Outcome:
    """What becomes of a source that cannot be imported, as far as it was read."""
    name, kind = (brought.name, brought.generation.value) if brought else ("", "")
    findings: tuple[Finding, ...] = ()
    module: Mapping[str, Any] = {}
    if isinstance(error, BrokenError):
        name, kind, findings = error.name, error.generation, error.findings
        module = error.module
    return Outcome(
        source=source,
        state=State.FAILED,
        why=error.message,
        hint=error.hint,
        name=name,
        generation=kind,
        commit=commit,
        findings=findings,
        module=module,
        error=error,
    )
