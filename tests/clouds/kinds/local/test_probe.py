"""This machine as a cloud, with a program in the place of nvidia-smi."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds import registry
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.local.probe import probe
from deepcat.clouds.offers import offers

HERE = Cloud("local", "clouds/local.yaml", "local", {"price": 0})
QUERY = 'case "$1" in --query*) {answer};; *) echo "| CUDA Version: 12.4   |";; esac'


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def install(answer: str) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{answer}\n")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return install


def test_cores_and_memory_are_seen(smi: Callable[[str], None]) -> None:
    (offer,) = offers(HERE, probe(HERE, Path("/")), ["service"])
    assert offer.cpus >= 1
    assert offer.memory_MiB > 64
    assert offer.disk_MiB > 0
    assert (offer.accelerators, offer.accelerator, offer.price) == (0, "", 0.0)
    assert offer.shared


@pytest.mark.starts("a program")
def test_gpus_are_seen(smi: Callable[[str], None]) -> None:
    lines = r"printf 'Tesla T4, 15360, 550.54.15\nTesla T4, 15360, 550.54.15\n'"
    smi(QUERY.format(answer=lines))
    (offer,) = offers(HERE, registry.probe(HERE, Means(Path())), ["service"])
    assert (offer.accelerator, offer.accelerators, offer.memory_MiB_each) == ("T4", 2, 16_384)
    assert (offer.driver, offer.cuda) == ("550.54.15", "12.4")


@pytest.mark.starts("a program")
def test_different_gpus_are_not_offered_as_one(smi: Callable[[str], None]) -> None:
    lines = r"printf 'Tesla T4, 15360, 1.2\nNVIDIA L4, 23034, 1.2\n'"
    smi(QUERY.format(answer=lines))
    seen = probe(HERE, Path("/"))
    assert "2 different GPUs" in seen.detail
    assert offers(HERE, seen, ["service"])[0].accelerators == 0


@pytest.mark.starts("a program")
@pytest.mark.parametrize("answer", ["exit 9", "echo 'No devices were found'", r"printf '\377\n'"])
def test_a_broken_driver_is_no_gpu(smi: Callable[[str], None], answer: str) -> None:
    smi(answer)
    assert offers(HERE, probe(HERE, Path("/")), ["service"])[0].accelerators == 0
