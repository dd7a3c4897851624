"""What loses its supervisor, its folder or its record is found, said, and healed or ended.

Each row brings up a real server, does to it what a person or a crash would, and then lets the watch
or `destroy` put it in order: one server is left, or none, and nothing of another catalog is touched.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import loops
import pytest

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


class Here(loops.Loop):
    """A catalog in a folder, applied by hand."""

    @property
    def root(self) -> Path:
        return self.clone

    def begin(self) -> None:
        super().begin()
        self.deepcat("apply", "--yes")

    def end(self) -> None:
        super().end()
        assert self.processes() == {}

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(local_folder(self.root))

    def servers(self) -> list[str]:
        """The servers themselves, without the boxes around them."""
        return [words for words in self.processes().values() if " serve --host " in words]


def _forget_socket(loop: Here) -> None:
    loop.supervisor.socket.unlink()


def _forget(name: str) -> Callable[[Here], None]:
    return lambda loop: shutil.rmtree(loop.root / name)


def _kill_supervisor(loop: Here) -> None:
    os.kill(loop.supervisor.pid(), signal.SIGKILL)


def _lose_records(loop: Here) -> None:
    _kill_supervisor(loop)
    loop.git("update-ref", "-d", "refs/heads/records")


def _remove_all(loop: Here) -> None:
    """The wish, its module and its cloud go in one commit."""
    _kill_supervisor(loop)
    loop.git("rm", "-q", "-r", "modules", "clouds", loops.WISH)
    loop.commit("gone")


LOST: dict[str, Callable[[Here], None]] = {
    "supervisor killed": _kill_supervisor,
    "socket deleted": _forget_socket,
    "place deleted": _forget(".deepcat/local/demo"),
    "all places deleted": _forget(".deepcat/local"),
    "all deleted": _forget(".deepcat"),
}
MORE = {"records lost": _lose_records, "all removed in one commit": _remove_all}


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Here]:
    made = Here(tmp_path)
    try:
        made.begin()
        assert len(made.servers()) == 1
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_what_is_lost_is_said_and_the_watch_heals_it(
    loop: Here, lose: Callable[[Here], None]
) -> None:
    lose(loop)

    assert loop.status()["status"] == "failed"
    assert "+ demo: create" in loop.deepcat("plan", "--quiet")
    said = loop.deepcat("ci", "watch")
    # Whether a supervisor is reached depends on how long the folder's path is.
    amiss = ("runs, but nothing looks after it", "was changed by hand: its owner tag is gone")
    assert said.startswith(tuple(f"demo: {each}" for each in amiss)), said
    assert loop.status()["status"] == "running", said
    assert len(loop.servers()) == 1
    assert sum("supervisord" in words for words in loop.processes().values()) == 1
    assert "2.5" in loop.deepcat("predict", "demo", "--sample", "1")
    assert loop.deepcat("ci", "watch", "--dry-run") == "Everything is as recorded.\n"


@pytest.mark.parametrize("lose", [*LOST.values(), *MORE.values()], ids=[*LOST, *MORE])
def test_what_is_lost_is_destroyed(loop: Here, lose: Callable[[Here], None]) -> None:
    lose(loop)

    said = loop.deepcat("destroy", "--all", "--yes")
    assert loop.processes() == {}, said
    assert not local_folder(loop.root).exists()
    assert loop.deepcat("destroy", "--all", "--yes") == "Nothing to do: nothing runs.\n"


def test_all_that_goes_in_one_commit_ends_by_the_watch(loop: Here) -> None:
    _remove_all(loop)
    said = loop.deepcat("ci", "watch")
    assert loop.processes() == {}, said
    assert loop.deepcat("status") == "Nothing is deployed.\n"


def test_a_cloud_that_no_commit_of_this_branch_held_is_not_used(loop: Here) -> None:
    _remove_all(loop)
    loop.git("checkout", "-q", "--orphan", "other")
    loop.commit("alone")
    said = loop.deepcat("destroy", "--all", "--yes")
    assert "[run/cloud] the cloud `local` is not in the catalog" in said

    loop.git("checkout", "-q", "main")
    assert "gone" in loop.deepcat("destroy", "--all", "--yes")
    assert loop.processes() == {}


def test_a_copy_of_a_catalog_does_not_touch_what_the_first_runs(loop: Here) -> None:
    before = set(loop.processes())
    shutil.copytree(loop.folder, other := loop.folder.with_name("copy"), symlinks=True,
                    ignore=lambda folder, names: [n for n in names if n == "socket"])  # fmt: skip
    copy = Here(other)
    assert "in another clone" in copy.status()["away"]
    copy.deepcat("destroy", "--all", "--yes")
    assert set(loop.processes()) == before
    assert loop.status()["status"] == "running"
    assert "2.5" in loop.deepcat("predict", "demo", "--sample", "1")
