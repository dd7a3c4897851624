"""Graphics cards: read as the driver's program prints them, and never taken twice."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.host import cards
from deepcat.host.cards import Card, busy, computing, free_for, listed
from deepcat.host.failure import StepError

A, B = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", "GPU-8dcd427f-483b-b48f-d7e5-75fb19a52b76"
SMALL, LARGE = "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", f"MIG-{A}/1/0"
WHOLE = f"""\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: {A})
GPU 1: Tesla T4 (UUID: {B})
"""
SPLIT = f"""\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: {A})
  MIG 3g.20gb     Device  0: (UUID: {LARGE})
  MIG 1g.5gb      Device  1: (UUID: {SMALL})
GPU 1: Tesla T4 (UUID: {B})
"""
TABLE = """\
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.54.03              Driver Version: 535.54.03    CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
|   0  NVIDIA A100-SXM4-40GB          On  | 00000000:07:00.0 Off |                   On |
| N/A   33C    P0              49W / 400W |     45MiB / 40960MiB |     N/A      Default |
|                                         |                      |              Enabled |
+---------------------------------------------------------------------------------------+
| MIG devices:                                                                          |
+------------------+--------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |                   Memory-Usage |        Vol|      Shared           |
|      ID  ID  Dev |                     BAR1-Usage | SM     Unc| CE ENC DEC OFA JPG    |
|==================+================================+===========+=======================|
|  0    2   0   0  |              25MiB / 19968MiB  | 42      0 |  3   0    2    0    0 |
|  0    9   0   1  |              12MiB /  4864MiB  | 14      0 |  1   0    0    0    0 |
+------------------+--------------------------------+-----------+-----------------------+
| Processes:                                                                            |
|  GPU   GI   CI        PID   Type   Process name                            GPU Memory |
|        ID   ID                                                             Usage      |
|=======================================================================================|
|    0    9    0       4711      C   python3                                     1024MiB |
|    1   N/A  N/A      4712      C   python3                                     1024MiB |
+---------------------------------------------------------------------------------------+
"""


def test_cards_are_read_as_the_driver_lists_them() -> None:
    assert listed(WHOLE) == (Card(A, "NVIDIA A100-SXM4-40GB", 0), Card(B, "Tesla T4", 1))
    assert listed(SPLIT) == (
        Card(LARGE, "NVIDIA A100-SXM4-40GB", 0, "3g.20gb", 0),
        Card(SMALL, "NVIDIA A100-SXM4-40GB", 0, "1g.5gb", 1),
        Card(B, "Tesla T4", 1),
    )
    for nothing in ("", "No devices were found\n", "NVIDIA-SMI has failed because…\n"):
        assert listed(nothing) == ()


@pytest.mark.parametrize(
    ("text", "apps", "table", "expected"),
    [
        (WHOLE, "", "", set()),
        (WHOLE, f"{A}, 4711\n{A}, 4712\n", "", {A}),
        (WHOLE, "GPU-of-nobody, [Not Found]\n", "", set()),
        # The list of processes names the whole card; the table alone says which part of it.
        (SPLIT, f"{A}, 4711\n{B}, 4712\n", TABLE, {SMALL, B}),
        (SPLIT, "", TABLE.replace("4711", "[N/A]"), set()),
    ],
)
def test_what_is_computed_on(text: str, apps: str, table: str, expected: set[str]) -> None:
    assert busy(listed(text), apps, table) == expected


@pytest.mark.parametrize(
    ("wanted", "text", "taken", "own", "profile", "expected"),
    [
        (1, WHOLE, (), (), "", (A,)),
        (1, WHOLE, (A,), (), "", (B,)),
        (2, WHOLE, (), (), "", (A, B)),
        (2, WHOLE, (A,), (), "", None),
        # What replaces another one takes a card of its own, and the old one's where none is free.
        (1, WHOLE, (), (A,), "", (B,)),
        (1, WHOLE, (B,), (A,), "", (A,)),
        (2, WHOLE, (), (A,), "", None),
        # A card that is split is none that is whole.
        (1, SPLIT, (), (), "", (B,)),
        (1, SPLIT, (), (), "1g.5gb", (SMALL,)),
        (1, SPLIT, (SMALL,), (), "1g.5gb", None),
        (1, SPLIT, (), (), "7g.40gb", None),
        (1, "", (), (), "", None),
    ],
)
def test_which_cards_are_taken(
    wanted: int, text: str, taken: tuple[str, ...], own: tuple[str, ...], profile: str,
    expected: tuple[str, ...] | None,
) -> None:  # fmt: skip
    assert free_for(wanted, listed(text), taken, own, profile) == expected


PMON = """\
# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command 
# Idx           #    C/G      %      %      %      %      %      %    name 
    0       4711     C     42      3      -      -      -      -    python3        
    0       4712     C      0      0      -      -      -      -    python3        
    1       4713     C      -      -      -      -      -      -    python3        
    2          -     -      -      -      -      -      -      -    -              
"""  # noqa: W291 - as the driver's program prints it
# An older one has fewer columns, and one with a time has more before them.
OLDER = (
    "# gpu        pid  type    sm   mem   enc   dec   command\n    0   4711   C   7   1   0   0   x"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PMON, {4711}),
        (OLDER, {4711}),
        ("", set()),
        ("# gpu type\n 0 C\n", set()),
        ("Not supported on the device(s)\n", set()),
        ("# gpu pid type sm\n 0 4711 C\n", set()),
    ],
)
def test_who_computes_is_told_from_who_only_holds_memory(text: str, expected: set[int]) -> None:
    assert computing(text) == expected


@pytest.mark.starts("a program")
def test_what_a_process_began_computes_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert not cards.used_below(os.getpid())
    # The program itself is below this process, and says that it computes.
    program.write_text('#!/bin/sh\necho "# gpu pid sm"\necho "0 $$ 3"\n[ "$1" = pmon ]\n')
    program.chmod(0o755)
    assert not cards.used_below(os.getpid()), "it has ended"
    program.write_text(
        f'#!/bin/sh\necho "# gpu pid sm"\necho "0 {os.getpid()} 3"\n[ "$1" = pmon ]\n'
    )
    assert cards.used_below(os.getpid())
    assert cards.used_below(os.getppid())
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        assert not cards.used_below(child.pid)
        program.write_text(f'#!/bin/sh\necho "# gpu pid sm"\necho "0 {child.pid} 3"\n')
        assert cards.used_below(os.getpid())
        child.stdin.close()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """A host with cards of which others use some; gives the folder of a catalog's deployments."""
    monkeypatch.setattr(cards, "_folder", lambda: tmp_path / "locks")
    (tmp_path / "locks").mkdir()
    monkeypatch.setattr(cards, "_PATIENCE_S", 0.0)

    def make(text: str, apps: str = "") -> Path:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        (tmp_path / "list").write_text(text)
        (tmp_path / "apps").write_text(apps)
        program.write_text(
            f"#!/bin/sh\ncase $1 in -L) cat {tmp_path}/list;;"
            f" --query-compute-apps=gpu_uuid,pid) cat {tmp_path}/apps;; esac\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        (tmp_path / "catalog").mkdir(exist_ok=True)
        return tmp_path / "catalog"

    return make


def take(place: Path, wanted: int = 1) -> tuple[str, ...]:
    """As the step that starts a server does: choose, and write it down before others may."""
    with cards.choosing(place) as free:
        found = free.take(wanted)
        place.mkdir(parents=True, exist_ok=True)
        state = {"servers": {"server": {"candidate": {"cards": found}}}}
        (place / "state.json").write_text(json.dumps(state))
    return found


@pytest.mark.starts("a program")
def test_two_deployments_never_have_one_card(host: Callable[..., Path]) -> None:
    catalog = host("".join(f"GPU {n}: Tesla T4 (UUID: GPU-{n})\n" for n in range(8)))
    other = catalog.with_name("other-catalog")
    found: list[tuple[str, ...]] = []
    places = [folder / f"d{n}" for n in range(4) for folder in (catalog, other)]
    threads = [threading.Thread(target=lambda p=p: found.append(take(p))) for p in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(f"GPU-{n}",) for n in range(8)]
    with pytest.raises(StepError, match="0 of its 8 graphics cards are free, and 1 needed") as no:
        take(catalog / "late")
    assert (no.value.kind, no.value.code) == ("capacity", "run/cards")
    (places[3] / "state.json").unlink()
    (freed,) = take(catalog / "late")
    assert freed in {uuid for each in found for uuid in each}


@pytest.mark.starts("a program")
def test_what_others_compute_on_is_left_alone(host: Callable[..., Path]) -> None:
    catalog = host(WHOLE, f"{A}, 4711\n")
    assert cards.shown(catalog)[1] == {A}
    assert take(catalog / "demo") == (B,)
    with pytest.raises(StepError, match="0 of its 2"):
        take(catalog / "second")
    host(WHOLE, f"{A}, 4711\n{B}, 4712\n")
    assert cards.shown(catalog)[1] == {A}, "what is on the other one is ours"


def test_a_server_has_its_own_device_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "_PROC", tmp_path)
    for number, uuid in ((3, A), (0, B)):
        told = f"Model: \t\t Tesla T4\nGPU UUID: \t {uuid}\nDevice Minor: \t {number}\n"
        (tmp_path / f"0000:0{number}:00.0").mkdir()
        (tmp_path / f"0000:0{number}:00.0" / "information").write_text(told)
    files = ("/dev/nvidia0", "/dev/nvidia3", "/dev/nvidiactl", "/dev/nvidia-uvm")
    assert cards.device_files(files, (A,)) == files[1:]
    assert cards.device_files(files, (A, B)) == files
    assert cards.device_files(files, ("GPU-unknown",)) == files
    monkeypatch.setattr(cards, "_smi", lambda *_: SPLIT)
    assert cards.device_files(files, (SMALL,)) == files[1:]
