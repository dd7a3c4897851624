"""What of a process's memory may be let go of."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import numpy
import pytest

from deepcat.serving.contract.protos import predict_pb2, prediction_service_pb2_grpc
from deepcat.serving.server.burst import Growth, Rhythm
from deepcat.serving.server.memory import MADV_DONTNEED, Held, let_go, unwritten

WAITS_S = 60.0
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
    due = []
    for now in range(10, 40):
        if rhythm.is_due(now, 100, is_idle=True):
            due.append(now)
            rhythm.done(now, 100, is_idle=True)
    assert due == [10, 12, 16, 24]
    assert not rhythm.is_due(40, 103, is_idle=True)
    due = []
    for now in range(41, 80):
        if rhythm.is_due(now, 300, is_idle=True):
            due.append(now)
            rhythm.done(now, 300, is_idle=True)
    assert due == [41, 43, 47, 55, 65, 75]
    # It has changed; where there is work, it is not done as often.
    assert rhythm.is_due(80, 200, is_idle=True)
    assert not rhythm.is_due(80, 310, is_idle=False)
    assert rhythm.is_due(85, 310, is_idle=False)


def test_what_a_burst_held_at_the_begin_is_not_what_the_process_needs() -> None:
    rhythm = Rhythm()
    assert rhythm.is_due(10, 500, is_idle=False)
    rhythm.done(10, 400, is_idle=False)
    assert not rhythm.is_due(11, 500, is_idle=False)
    assert rhythm.is_due(12, 290, is_idle=True)
    rhythm.done(12, 270, is_idle=True)
    # The last of the answer is sent, and nothing shows it.
    assert rhythm.is_due(14, 270, is_idle=True)
    rhythm.done(14, 130, is_idle=True)
    assert rhythm.is_due(30, 230, is_idle=True)


@pytest.mark.skipif(sys.platform != "linux", reason="the C library's own words")
@pytest.mark.parametrize("threads", [1, 16])
def test_the_ends_of_all_arenas_are_given_back(threads: int) -> None:
    code = f"""
import ctypes, threading
from deepcat.serving.server import memory
memory.prepare()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes, libc.memset.argtypes = [ctypes.c_void_p], [ctypes.c_void_p, ctypes.c_int,
                                                               ctypes.c_size_t]
before, filled, stay = memory.resident(), threading.Barrier({threads + 1}), threading.Event()
def use():
    places = [libc.malloc(2 << 20) for _ in range(20)]
    for each in places:
        libc.memset(each, 1, 2 << 20)
    filled.wait()
    filled.wait()  # it is measured
    for each in places:
        libc.free(each)
    filled.wait()
    stay.wait()
for _ in range({threads}):
    threading.Thread(target=use).start()
filled.wait()
full = memory.resident()
filled.wait()
filled.wait()
memory.trim(libc)
print(full - before >> 20, memory.resident() - before >> 20)
stay.set()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    full, left = map(int, done.stdout.split())
    assert full >= 38 * threads  # the kernel counts a process's pages in portions
    assert left <= 8


@pytest.mark.tensorflow
def test_what_large_answers_took_comes_back(models: Path, start_server: Callable[..., Any]) -> None:
    """TensorFlow's own allocator keeps for ever the most that tensors once took."""
    server = start_server("--model", f"m={models / 'half_plus_two_tf2'}", "--no-rest")
    statm = Path(f"/proc/{server.process.pid}/statm")
    if not statm.exists():
        pytest.skip("nobody tells what a process has")

    def resident() -> int:
        return int(statm.read_text().split()[1]) * mmap.PAGESIZE

    large = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(server.grpc_address, large) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        stub.Predict(request_of(1), timeout=WAITS_S)
        before = resident()
        for _ in range(2):
            stub.Predict(request_of(20_000_000), timeout=WAITS_S)
        end = time.monotonic() + WAITS_S
        while resident() > 1.1 * before + 16 * 2**20 and time.monotonic() < end:
            time.sleep(0.2)
        assert resident() <= 1.1 * before + 16 * 2**20


def request_of(numbers: int) -> Any:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.tensor_shape.dim.add(size=numbers)
    tensor.tensor_content = numpy.ones(numbers, numpy.float32).tobytes()
    return request
