"""One writer for each deployment at a time, whatever the clocks say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepcat.errors import DeepcatError
from deepcat.records.lease import Holder, Lease
from deepcat.records.record import Record
from deepcat.records.store import Store

Make = Callable[..., Record]
ELSEWHERE = Holder("another-machine", 1, "1")
INTENT = {"action": "create", "run": "r1", "since": "2999-01-01T00:00:00+00:00"}


class Time:
    """A steady clock that only sleeping moves."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.now = 0.0
        self._meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._meanwhile()

    def clock(self) -> float:
        return self.now


def _take(store: Store, make: Make, holder: Holder, time: Time | None = None) -> Lease:
    time = time or Time()
    lease = Lease(store, holder, 90, time.sleep, time.clock)
    lease.take("demo", INTENT, lambda: make("demo"), "demo: begin")
    return lease


def _busy(store: Store, make: Make, holder: Holder, time: Time | None = None) -> None:
    with pytest.raises(DeepcatError) as caught:
        _take(store, make, holder, time)
    assert caught.value.code == "run/busy"


def _dead() -> Holder:
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    me = Holder.me()
    start = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    holder = Holder(me.machine, child.pid, start)
    assert holder.is_alive()
    child.communicate()
    assert not holder.is_alive()
    return holder


def test_the_intent_is_written_and_done_with(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    lease = _take(store, make_record, Holder.me())
    record = store.read("demo")
    assert record is not None
    assert record.intent["run"] == "r1"
    assert Holder.parse(record.intent["holder"]) == Holder.me()
    lease.give_back("demo", lambda r: r and replace(r, intent={}), "demo: done")
    record = store.read("demo")
    assert record is not None
    assert not record.intent


def test_what_is_no_holder_is_none() -> None:
    for text in ("", "m", "m:x:1", "m:²:1", f"m:{'9' * 5000}:1", ":1:1"):
        assert Holder.parse(text) is None


def test_a_living_process_here_keeps_others_out(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    _take(store, make_record, Holder.me())
    _busy(store, make_record, ELSEWHERE_HERE)
    _take(store, make_record, Holder.me())  # it may itself begin again


ELSEWHERE_HERE = Holder(Holder.me().machine, 1, "1")


@pytest.mark.starts("a program")
def test_a_dead_process_here_keeps_nobody_out(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    _take(store, make_record, _dead())
    time = Time()
    _take(store, make_record, Holder.me(), time)
    assert time.now == 0, "nothing to wait for"


def test_a_number_that_was_given_again_is_another_process() -> None:
    me = Holder.me()
    assert me.is_alive()
    assert not replace(me, start="1").is_alive()


def test_from_elsewhere_one_waits_for_a_sign_of_life(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    _take(store, make_record, ELSEWHERE)
    time = Time()
    _take(store, make_record, Holder.me(), time)
    assert time.now >= 90, "its clock may be years ahead; ours is what counts"


def test_the_holder_says_how_long_its_lease_is(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    short = Lease(store, ELSEWHERE, 12, Time().sleep, Time().clock)
    short.take("demo", INTENT, lambda: make_record("demo"), "demo: begin")
    time = Time()
    _take(store, make_record, Holder.me(), time)
    assert 12 <= time.now < 24


def test_a_beat_keeps_the_lease(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    theirs = Time()
    holder = _take(store, make_record, ELSEWHERE, theirs)

    def beat() -> None:
        theirs.now += 40
        holder.keep("demo")

    _busy(store, make_record, Holder.me(), Time(beat))


def test_beats_are_few(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    time = Time()
    lease = _take(store, make_record, Holder.me(), time)
    for _ in range(90):
        time.now += 1
        lease.keep("demo")
    assert len(store.log()) == 1 + 3


def test_one_who_was_taken_for_dead_writes_no_outcome(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    slow = _take(store, make_record, ELSEWHERE)
    _take(store, make_record, Holder.me())
    with pytest.raises(DeepcatError) as caught:
        slow.give_back("demo", lambda _: None, "demo: gone")
    assert caught.value.code == "run/busy"
    assert store.read("demo") is not None


def test_two_who_saw_it_free_do_not_both_get_it(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    _take(store, make_record, ELSEWHERE)
    third = Holder("third-machine", 1, "1")

    def meanwhile() -> None:
        if time.now >= 90:  # at the last moment another one takes it
            _take(store, make_record, third, Time())

    time = Time(meanwhile)
    with pytest.raises(DeepcatError) as caught:
        _take(store, make_record, Holder.me(), time)
    assert caught.value.code == "run/busy"


class Late(Store):
    """The records, where another one writes between our look and our writing."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def read(self, name: str) -> Record | None:
        found = super().read(name)
        self.meanwhile()
        return found


@pytest.mark.parametrize("is_known", [False, True])
def test_who_was_first_between_our_look_and_our_writing_has_it(
    repo: Path, make_record: Make, is_known: bool
) -> None:
    store = Late(repo)
    if is_known:
        store.update("demo", lambda _: make_record("demo"), "demo: runs")
    third = Holder("third-machine", 1, "1")
    store.meanwhile = lambda: _take(Store(repo), make_record, third)
    _busy(store, make_record, Holder.me())
    record = Store(repo).read("demo")
    assert record is not None
    assert record.intent["holder"] == str(third)


@pytest.mark.parametrize("force", [False, True])
def test_who_takes_it_between_our_look_and_our_release_keeps_it(
    repo: Path, make_record: Make, force: bool
) -> None:
    store = Late(repo)
    _take(store, make_record, ELSEWHERE)
    third, time = Holder("third-machine", 1, "1"), Time()

    def meanwhile() -> None:
        if force or time.now >= 90:
            _take(Store(repo), make_record, third)

    store.meanwhile = meanwhile
    lease = Lease(store, Holder.me(), 90, time.sleep, time.clock)
    with pytest.raises(DeepcatError) as caught:
        lease.release("demo", lambda _: "demo: released", force=force)
    assert caught.value.code == "run/busy"
    record = Store(repo).read("demo")
    assert record is not None
    assert record.intent["holder"] == str(third)


def test_an_intent_without_a_holder_is_free(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    store.update("demo", lambda _: replace(make_record("demo"), intent={"run": "r0"}), "by hand")
    _take(store, make_record, Holder.me())
