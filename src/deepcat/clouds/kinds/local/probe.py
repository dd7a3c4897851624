"""EDGE: this machine, as a cloud of one host."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.clouds.offers import Probe, Shape
from deepcat.clouds.probed_cards import of_cards
from deepcat.host.box.layers import missing
from deepcat.host.cards import shown
from deepcat.host.data.mounting import lacking
from deepcat.host.notebook import code_server

_QUERY = "name,memory.total,driver_version"


def probe(cloud: Cloud, root: Path, deadline_s: float = 20.0) -> Probe:
    """Cores, memory, disk and GPUs of this machine, without those that others compute on.

    Never fails: what cannot be seen is left out.

    Args:
        cloud: its file.
        root: the folder on whose disk things are kept.
        deadline_s: how long a program may take to answer.
    """
    ask = partial(_smi, deadline_s)
    gpus, driver = _gpus(ask)
    cards, odd = of_cards(gpus, *(shown(local_folder(root)) if gpus else ((), ())))
    shape = Shape(
        name="host",
        cpus=float(_cores()),
        memory_MiB=_memory(),
        driver=driver or None,
        cuda=_cuda(ask) if gpus else None,
        disk_MiB=_disk(root),
        unmounts=lacking(),
        unedits=code_server.lacking(),
        **cards,
    )
    return Probe(cloud.name, shapes=(shape,), detail=odd, shared=True, lacks=missing())


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this operating system
        return os.cpu_count() or 1


def _disk(root: Path) -> int | None:
    try:
        return shutil.disk_usage(root).free >> 20
    except OSError:
        return None


def _memory() -> int:
    """The machine's memory, or less where a control group bounds it."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0
    try:
        bound = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        bound = "max"
    return min(whole, int(bound) if bound.isdigit() else whole) >> 20


def _gpus(ask: Callable[..., str]) -> tuple[list[tuple[str, int]], str]:
    """Each NVIDIA GPU's name and MiB, and the driver's version."""
    gpus: list[tuple[str, int]] = []
    driver = ""
    for line in ask(f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits").splitlines():
        name, _, rest = line.partition(",")
        memory, _, driver_ = rest.partition(",")
        if memory.strip().isdigit():
            gpus.append((name.strip(), int(memory)))
            driver = driver_.strip()
    return gpus, driver


def _cuda(ask: Callable[..., str]) -> str:
    """The newest CUDA version that the driver takes, from the banner of nvidia-smi."""
    _, _, rest = ask().partition("CUDA Version:")
    words = rest.split(maxsplit=1)
    return words[0] if words else ""


def _smi(deadline_s: float, *arguments: str) -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        answer = subprocess.run(
            [program, *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=deadline_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout if answer.returncode == 0 else ""
