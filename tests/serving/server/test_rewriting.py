"""What the server begins for a model that it loaded without a rewritten graph."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deepcat.openapi.card import Card, Cards, Sample
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine.kept import KeptGraphs
from deepcat.serving.server import rewriting

CARDS: Cards = {
    "m": Card(
        samples=(
            Sample("told", "predict", {"instances": [1]}, {"predictions": [2]}),
            Sample("open", "predict", {"instances": [3]}),
            Sample("other", "classify", {"examples": []}, {"results": []}),
        )
    ),
    "n": Card(samples=(Sample("told", "predict", {"instances": [4]}, {"predictions": [5]}),)),
}


@pytest.fixture
def looked_for(tmp_path: Path) -> tuple[KeptGraphs, list[Path]]:
    """Two versions of a model whose graphs were looked for in vain."""
    graphs, folders = KeptGraphs(tmp_path / "graphs"), []
    for version in ("1", "2"):
        folder = tmp_path / "m" / version
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").write_bytes(version.encode() * (1 << 18))
        assert graphs.find(folder, "2") is None
        folders.append(folder)
    return graphs, folders


def kept_until(graphs: KeptGraphs, base: Path, is_done: Callable[[], bool]) -> None:
    """Let what keeps them work until something is done."""
    configs = {name: ModelConfig(name, str(base / name)) for name in CARDS}

    async def run() -> None:
        task = asyncio.create_task(rewriting.keep_rewritten(graphs, configs, CARDS))
        while not is_done():
            assert not task.done()
            await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asyncio.run(run())


def test_each_is_handed_to_the_program_with_what_its_model_answers(
    looked_for: tuple[KeptGraphs, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs, folders = looked_for
    told = tmp_path / "told"
    code = "import sys; print(sys.argv[1], sys.stdin.read(), file=open(sys.argv[0], 'a'))"
    program = tmp_path / "program.py"
    program.write_text(code.replace("sys.argv[0]", repr(str(told))))
    monkeypatch.setattr(rewriting, "_PAUSE_S", 0.01)
    monkeypatch.setattr(rewriting, "_PROGRAM", (str(program),))

    def lines() -> list[str]:
        return told.read_text().splitlines() if told.exists() else []

    kept_until(graphs, tmp_path, lambda: len(lines()) == 2)
    expected = json.dumps([json.dumps({"instances": [1]})])
    assert lines() == [f"{folder} {expected}" for folder in folders]


def test_where_no_process_can_be_begun_nothing_fails(
    looked_for: tuple[KeptGraphs, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs, _ = looked_for
    monkeypatch.setattr(rewriting, "_PAUSE_S", 0.01)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    asked: list[None] = []
    lacking = graphs.lacking

    def counted() -> Path | None:
        asked.append(None)
        return lacking()

    monkeypatch.setattr(graphs, "lacking", counted)
    kept_until(graphs, tmp_path, lambda: len(asked) > 3)


def test_a_program_that_runs_ends_with_the_server(
    looked_for: tuple[KeptGraphs, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs, _ = looked_for
    alive = tmp_path / "alive"
    program = tmp_path / "program.py"
    program.write_text(f"import os, time; open({str(alive)!r}, 'w').write(str(os.getpid()))\n"
                       "time.sleep(600)")  # fmt: skip
    monkeypatch.setattr(rewriting, "_PAUSE_S", 0.01)
    monkeypatch.setattr(rewriting, "_PROGRAM", (str(program),))
    kept_until(graphs, tmp_path, lambda: alive.exists() and bool(alive.read_text()))
    assert not Path("/proc", alive.read_text()).exists()
