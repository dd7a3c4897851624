"""The cases as they are written: what each is and does, and which kinds say why they cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import case_files

from deepcat.catalog.cloud_kinds import installed
from deepcat.clouds.conformance import FILE

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests" / "clouds" / "conformance"
KINDS = ROOT / "src" / "deepcat" / "clouds" / "kinds"


@dataclass(frozen=True)
class Case:
    """One thing that every kind must do.

    Attributes:
        id: its name, for ever.
        text: what is so when it passes, one sentence.
        theme: the file that it stands in; cases of a theme share a catalog.
        begins: what must be there first: `nothing`, or `served`: the deployment `demo` on the
            first cloud.
        steps: verb and what it is given, in order; see `conformance.steps`.
        core: whether a new kind begins with it.
        general: whether what it holds is the loop's rather than a kind's: kinds whose ground is
            costly leave it to the others, but with `--keep`.
        needs: what the ground must have besides the faults that its steps name.
        takes: what a kind must take for it, in the words of `Kind.takes`.
    """

    id: str
    text: str
    theme: str
    begins: str
    steps: tuple[tuple[str, Any], ...]
    core: bool = False
    general: bool = False
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()

    @property
    def faults(self) -> frozenset[str]:
        """What the ground must be able to do to itself for it."""
        named = {str(given) for verb, given in self.steps if verb == "fault"}
        commands = [given for _, given in self.steps if isinstance(given, dict)]
        return self.needs | named | {given["fault"] for given in commands if "fault" in given}


@dataclass(frozen=True)
class Column:
    """What a kind says of itself before it is tried.

    Attributes:
        kind: its name.
        folder: its own; for a kind of somebody else the one that holds its package and ground.
        package: the folder in it that is the package; empty where it is that itself.
        cannot: a case, or what cases need -> why there is no such thing there.
        fails: a case -> why it is not met yet.
        core: whether it is tried by the core cases alone.
        one: whether only one worker can have its ground, for it is costly; see `Case.general`.
        programs: of the system that its ground takes.
        apart: whether its ground costs too much for all tests, so that only `--keep` tries it.
        ground: another one than that of its name.
    """

    kind: str
    folder: Path
    cannot: Mapping[str, str] = field(default_factory=dict)
    fails: Mapping[str, str] = field(default_factory=dict)
    core: bool = False
    one: bool = False
    programs: tuple[str, ...] = ()
    package: str = ""
    apart: bool = False
    ground: str = ""

    @property
    def results(self) -> Path:
        """The file in its package that says what it passed."""
        return self.folder / self.package / FILE

    def is_due(self, case: Case) -> bool:
        """Whether a case is tried here."""
        return (case.core or not self.core) and not self.why_not(case)

    def is_left(self, case: Case) -> bool:
        """Whether a case is left to kinds whose ground costs less, where nobody writes it down."""
        return self.one and case.general

    def why_not(self, case: Case) -> str:
        """Why a case cannot be tried here; empty when it can."""
        keys = (case.id, *sorted(case.faults | case.takes))
        said = next((self.cannot[key] for key in keys if key in self.cannot), "")
        known = installed(self.kind)
        lacks = sorted(case.takes - known.kind.takes) if known and known.kind else ()
        return said or (f"it takes no {lacks[0]}" if lacks else "")


def cases(folder: Path = FOLDER / "cases") -> Iterator[Case]:
    """All, in the order in which they are tried."""
    for path in sorted(folder.glob("*.yaml")):
        for each in case_files.read(path):
            steps = tuple(_step(step) for step in each.pop("steps"))
            needs = frozenset(each.pop("needs", ()))
            takes = frozenset(each.pop("takes", ()))
            each.setdefault("begins", "nothing")
            theme = path.stem.partition("-")[2]
            yield Case(**each, theme=theme, steps=steps, needs=needs, takes=takes)


def column(path: Path, folder: Path) -> Column:
    """What the file of a kind says whose package lies in a folder."""
    return Column(folder=folder, **case_files.read(path))


def columns() -> tuple[Column, ...]:
    """The kinds that deepcat itself brings."""
    paths = sorted((FOLDER / "kinds").glob("*.yaml"))
    return tuple(column(path, KINDS / path.stem) for path in paths)


def _step(written: str | Mapping[str, Any]) -> tuple[str, Any]:
    if isinstance(written, str):
        return written, None
    ((verb, given),) = written.items()
    return verb, given
