"""What of a process's memory may be let go of."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from deepcat.serving.server.burst import Growth, Rhythm
from deepcat.serving.server.memory import MADV_DONTNEED, Held, let_go, unwritten

SMAPS = """\
7f0000000000-7f0000400000 r--p 00000000 fe:00 1234                       /lib/a b.so
Size:               4096 kB
Rss:                4096 kB
Private_Dirty:         0 kB
VmFlags: rd mr mw me
7f0000400000-7f0000800000 r-xp 00400000 fe:00 1234                       /lib/a b.so
Rss:                2048 kB
Private_Dirty:         0 kB
7f0000800000-7f0000c00000 r--p 00800000 fe:00 1234                       /lib/a b.so
Rss:                4096 kB
Private_Dirty:         8 kB
7f0000c00000-7f0001000000 rw-p 00c00000 fe:00 1234                       /lib/a b.so
Rss:                4096 kB
Private_Dirty:         0 kB
7f0001000000-7f0001400000 r--p 00000000 00:00 0
Rss:                4096 kB
Private_Dirty:         0 kB
7f0001400000-7f0001800000 r--p 00000000 fe:00 99                         /usr/share/small
Rss:                  64 kB
Private_Dirty:         0 kB
"""


def test_only_what_the_file_still_holds_is_let_go_of() -> None:
    assert unwritten(SMAPS) == [
        (0x7F0000000000, 0x7F0000400000, "a b.so"),
        (0x7F0000400000, 0x7F0000800000, "a b.so"),
    ]


def test_a_process_goes_on_after_it() -> None:
    code = (
        "import numpy, json\n"
        "from deepcat.serving.server.memory import forget_start\n"
        "forget_start()\n"
        "print(json.dumps(numpy.linalg.inv(numpy.eye(2)).tolist()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[[1.0, 0.0], [0.0, 1.0]]\n"


def test_what_has_become_another_s_memory_is_not_lost() -> None:
    content = bytes(range(256)) * 4096
    with mmap.mmap(-1, len(content), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.write(content)
        view = ctypes.c_char.from_buffer(memory)
        begin = ctypes.addressof(view)
        let_go([Held(begin, begin + len(content), "")])
        del view
        assert memory[:] == content


def test_pages_that_another_has_too_are_let_go_of_where_they_stay() -> None:
    file = Path(numpy._core._multiarray_umath.__file__)
    content = file.read_bytes()

    def held() -> list[Held]:
        found = unwritten(Path("/proc/self/smaps").read_text())
        whole = (each for each in found if each.end - each.begin >= len(content))
        return [each for each in whole if each.file == file.name]

    with (
        file.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ) as mine,
        mmap.mmap(opened.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ) as others,
    ):
        assert mine[:] == others[:] == content
        first, second = held()
        let_go([first], MADV_DONTNEED)
        assert held() == [second]
        assert mine[:] == others[:] == content


@pytest.mark.parametrize(
    ("slow", "sizes", "over"),
    [
        ([0, 1, 1, 0], [1, 1, 900, 1], [0, 0, 0, 0]),
        ([2, 2, 2], [500, 600, 601], [0, 0, 1]),
        ([1, 1, 2, 2], [500, 900, 1000, 1001], [0, 0, 0, 1]),
        ([2, 2, 2], [500, 300, 401], [0, 0, 1]),
        ([2, 0, 2], [500, 900, 950], [0, 0, 0]),
    ],
)
def test_growth_counts_while_more_than_one_comes(
    slow: list[int], sizes: list[int], over: list[int]
) -> None:
    measured = iter(size for count, size in zip(slow, sizes, strict=True) if count)
    growth = Growth(lambda: next(measured), 100)
    assert [growth.is_over(count) for count in slow] == [bool(each) for each in over]


def test_memory_that_is_freed_late_is_given_back_too() -> None:
    """It does not show in the process's size, so it is tried again, ever more rarely."""
    rhythm = Rhythm()
    assert rhythm.is_due(0, 100, is_idle=False)
    rhythm.done(0, 100)
    assert not rhythm.is_due(20, 103, is_idle=True)
    due = []
    for now in range(21, 60):
        if rhythm.is_due(now, 300, is_idle=True):
            due.append(now)
            rhythm.done(now, 300)
    assert due == [21, 23, 27, 35, 45, 55]
    # It has changed; where there is work, it is not done as often.
    assert rhythm.is_due(60, 200, is_idle=True)
    assert not rhythm.is_due(60, 310, is_idle=False)
    assert rhythm.is_due(65, 310, is_idle=False)
