"""What a quick test may not do: a plugin of pytest that notices a test which starts something.

A test that starts a program, a server, a browser or TensorFlow says so, by `pytest.mark.starts(…)`
or by lying at one of `PLACES`; `make quick` leaves it out. All others are watched by an audit hook
of the interpreter, in every run: what starts something without saying so fails. The program `git`
may be started by all, for trees of tests are real repositories; so may Ansible's library be used,
which does nothing but evaluate unless it starts a program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
# How paths below tests/ begin of which each test starts something.
PLACES = (
    "attacks/test_models", "e2e/", "modules/", "serving/client/", "serving/server/", "site/built/",
)  # fmt: skip
# Marks that say the same in other words.
ALSO = ("slow", "system", "tensorflow")
_LIBRARIES = {"tensorflow", "playwright"}
_ALLOWED = {"git"}
_PROGRAMS = {
    "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork",
    "os.forkpty", "pty.spawn",
}  # fmt: skip
_SOCKETS = {"socket.bind", "socket.connect"}
# By this urllib3 asks, when it is imported, whether the machine has IPv6.
_HAS_IPV6 = ("::1", 0)


class _Watch:
    """What the test that runs now has started without saying so."""

    is_on = False
    seen: tuple[str, ...] = ()


def _started(event: str, args: Sequence[Any]) -> str:
    """What an event of the interpreter starts, in words; empty for what a quick test may do."""
    if event == "import":
        return f"imports {args[0]}" if args[0] in _LIBRARIES else ""
    if event in _SOCKETS:
        return "" if args[1] == _HAS_IPV6 else f"opens a socket ({event} {args[1]!r})"
    if event not in _PROGRAMS:
        return ""
    words = next((each for each in args[1:2] if isinstance(each, (list, tuple)) and each), ())
    program = os.fsdecode(words[0]) if words else ""
    return "" if Path(program).name in _ALLOWED else f"starts a program ({event} {args!r:.200})"


def _hook(event: str, args: Sequence[Any], watch: type[_Watch] = _Watch) -> None:
    # As an interpreter ends, the names of modules go before its hooks.
    if watch.is_on and (what := _started(event, args)):
        watch.seen += (what,)
        pytest.fail(_words(what), pytrace=True)


def _words(what: str) -> str:
    return f"a quick test {what}; mark it: @pytest.mark.starts('…'), see CONTRIBUTING.md"


def pytest_configure(config: pytest.Config) -> None:
    """Say what the mark means; begin to listen."""
    config.addinivalue_line("markers", "starts(*what): starts these; left out by `make quick`")
    sys.addaudithook(_hook)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts something by its place, or by another mark."""
    for item in items:
        if _is_of(item.path, PLACES) or any(item.get_closest_marker(name) for name in ALSO):
            item.add_marker("starts")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files unread where `make quick` would leave out all that is in them."""
    is_quick = config.getoption("markexpr") == "not starts"
    return True if is_quick and _is_of(collection_path, PLACES) else None


def _is_of(path: Path, places: tuple[str, ...]) -> bool:
    below = path.relative_to(TESTS).as_posix() if TESTS in path.parents else ""
    return f"{below}/".startswith(places)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Watch a test that says that it starts nothing."""
    _Watch.is_on = item.get_closest_marker("starts") is None
    _Watch.seen = ()
    try:
        return (yield)
    finally:
        _Watch.is_on = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Fail a test that swallowed the failure, or that started something in another thread.

    What is ended after it may be another test's, which said so.
    """
    _Watch.is_on = False
    yield
    if _Watch.seen:
        what, _Watch.seen = _Watch.seen[0], ()
        pytest.fail(_words(what), pytrace=False)
