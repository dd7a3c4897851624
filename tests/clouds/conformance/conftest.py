"""Every kind against every case that it can meet; what each passed is kept with the kind.

    pytest tests/clouds/conformance [--kind FOLDER | --on GROUND] [--keep]

`--kind` tries a kind that another package brings: its folder holds `conformance.yaml`, as the files
of `kinds/` are, and `ground.py`. `--on` tries one of ours on another ground, which is a file of
`grounds` that says its `KIND` and the `PROGRAMS` that it takes. `--keep` tries all, and writes what
was passed into `conformance.json` there.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conformance.ground import Ground
from conformance.results import Figures, write
from conformance.stand import Stand
from loops import Broken

from conformance.cases import Case, Column, cases, column, columns

_PASSED: dict[str, dict[str, Figures]] = {}
_TRIED: dict[str, set[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """As the head of this file says."""
    parser.addoption("--kind", type=Path, help="the folder of a kind that another package brings")
    parser.addoption("--on", help="another ground for the kind that it names; nothing is kept")
    parser.addoption("--keep", action="store_true", help="write down what each kind passed")


def _columns(config: pytest.Config) -> tuple[Column, ...]:
    folder = config.getoption("kind", None)
    if folder:
        return (column(folder / "conformance.yaml", folder),)
    if ground := config.getoption("on", None):
        found = importlib.import_module(f"conformance.grounds.{ground}")
        (ours,) = (each for each in columns() if each.kind == found.GROUND.kind)
        return (replace(ours, ground=ground, programs=found.PROGRAMS),)
    is_kept = config.getoption("keep", False)
    return tuple(each for each in columns() if is_kept or not each.apart)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Kind by kind, the cases that it does not say it cannot meet."""
    if "case" in metafunc.fixturenames:
        asked = (metafunc.config.getoption(each, None) for each in ("keep", "kind", "on"))
        is_all = any(asked)
        rows = [
            pytest.param(kind, case, id=f"{kind.kind}-{case.id}", marks=_marks(kind, case))
            for kind in _columns(metafunc.config)
            for case in cases()
            if kind.is_due(case) and (is_all or not kind.is_left(case))
        ]
        metafunc.parametrize(("kind", "case"), rows)


def _marks(kind: Column, case: Case) -> list[pytest.MarkDecorator]:
    """Cases of one theme share a catalog; where a ground is costly, all share one worker."""
    marks = [pytest.mark.xdist_group(f"conformance {kind.kind} {'' if kind.one else case.theme}")]
    marks += [pytest.mark.system(*kind.programs)] if kind.programs else []
    if case.id in kind.fails:
        marks.append(pytest.mark.xfail(reason=kind.fails[case.id], raises=Broken, strict=True))
    return marks


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Column], Ground]]:
    """The real parts by kind, each begun when the first case asks for it."""
    begun: dict[str, Ground] = {}

    def ground(kind: Column) -> Ground:
        if kind.kind not in begun:
            begun[kind.kind] = _ground(kind)(tmp_path_factory.mktemp(kind.kind))
        return begun[kind.kind]

    yield ground
    for each in begun.values():
        each.end()


def _ground(kind: Column) -> Callable[[Path], Ground]:
    path = kind.folder / "ground.py"
    if not path.is_file():
        found = importlib.import_module(f"conformance.grounds.{kind.ground or kind.kind}")
    else:
        spec = importlib.util.spec_from_file_location(f"ground_of_{kind.kind}", path)
        assert spec is not None and spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    made: Callable[[Path], Ground] = found.GROUND
    return made


class Stands:
    """The catalog of the theme that is being tried; the next case finds what the last one left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ("", "")
        self._stand: Stand | None = None

    def begin(self, ground: Ground, case: Case) -> Stand:
        """A catalog in which there is what a case begins with."""
        if self._stand is None or self._key != (ground.kind, case.theme):
            self.end()
            folder = self._folder / str(sum(1 for _ in self._folder.iterdir()))
            folder.mkdir()
            begun = Stand(folder, ground)
            begun.begin()
            self._stand, self._key = begun, (ground.kind, case.theme)
        stand = self._stand
        stand.marks.clear()
        stand.become(case.begins)
        stand.since = time.monotonic()
        return stand

    def end(self) -> None:
        """Take down what the last theme left."""
        if self._stand is not None:
            found, self._stand = self._stand, None
            found.end()


@pytest.fixture(scope="session")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stands]:
    found = Stands(tmp_path_factory.mktemp("stands"))
    yield found
    found.end()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what passed, whichever worker tried it."""
    for name, value in report.user_properties:
        if name == "conformance" and report.when == "call":
            kind, case, figures = value
            _TRIED.setdefault(kind, set()).add(case)
            if report.passed:
                _PASSED.setdefault(kind, {})[case] = figures


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write it down; a worker of several leaves that to the one who began them."""
    config = session.config
    is_kept = config.getoption("keep", False) and not config.getoption("on", None)
    if not is_kept or hasattr(config, "workerinput"):
        return
    for kind in _columns(config):
        if kind.kind in _TRIED:
            passed, tried = _PASSED.get(kind.kind, {}), _TRIED[kind.kind]
            write(kind, tuple(cases()), passed, tried)
