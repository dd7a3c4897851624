"""A pytest plugin: each worker of xdist reads another part of the tests first.

In a fresh clone every test file is compiled and its assertions rewritten, which takes most of
collecting; the result is kept in `__pycache__`. Workers that go through the files in one order do
the same at the same time, each for itself. Here each begins elsewhere and finds the rest done by
the others; the order of the tests stays the same for all.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

_PLACES = pytest.StashKey[dict[Path, int]]()


def first_of(sizes: list[int], worker: int, workers: int) -> int:
    """Which folder a worker begins with, so that each has as many files before the next one."""
    before = [sum(sizes[:at]) for at in range(len(sizes))]
    share = sum(sizes) * worker / workers
    return next((at for at, files in enumerate(before) if files >= share), 0)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the folders below tests/ so that another one is the first."""
    report = yield
    told = getattr(collector.config, "workerinput", None)
    tests = collector.config.rootpath / "tests"
    if told is None or collector.path != tests or not report.result:
        return report
    collector.config.stash[_PLACES] = {each.path: at for at, each in enumerate(report.result)}
    sizes = [len([*each.path.rglob("test_*.py")]) or 1 for each in report.result]
    at = first_of(sizes, int(told["workerid"].removeprefix("gw")), told["workercount"])
    report.result[:] = report.result[at:] + report.result[:at]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the tests into the order in which their folders lie."""
    if places := config.stash.get(_PLACES, None):
        tests = config.rootpath / "tests"
        items.sort(key=lambda item: places[tests / item.path.relative_to(tests).parts[0]])
