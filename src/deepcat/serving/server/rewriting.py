"""EDGE: have the graphs rewritten of models that were loaded without, for their next start."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deepcat.openapi.card import Cards, expected
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine.kept import KeptGraphs

# The start is over, and its first callers have their answers.
_PAUSE_S = 10.0
_LONGEST_S = 3600.0
_PROGRAM = ("-P", "-m", "deepcat.serving.server.rewriter")


async def keep_rewritten(
    graphs: KeptGraphs, configs: Mapping[str, ModelConfig], cards: Cards
) -> None:
    """Start, one after another and behind all else, what keeps the graphs that lack; for ever.

    Args:
        graphs: knows which were looked for in vain.
        configs: of the models, by name, as they are at any time.
        cards: with the samples of the models.
    """
    while True:
        await asyncio.sleep(_PAUSE_S)
        path = graphs.lacking()
        if path is not None and graphs.may_keep():
            with suppress(OSError):  # where no process can be begun
                await _keep(path, requests(path, configs.values(), cards))


def requests(path: Path, configs: Iterable[ModelConfig], cards: Cards) -> list[str]:
    """The bodies of predictions that a version answers, by its model's samples.

    Args:
        path: of the version.
        configs: of all models.
        cards: with their samples.
    """
    named = [cards.get(each.name) for each in configs if path.is_relative_to(each.base_path)]
    return [
        json.dumps(sample.request)
        for card in named
        for sample in expected(card)
        if sample.method == "predict"
    ]


async def _keep(path: Path, requests: Sequence[str]) -> None:
    isolated = ("-I",) if sys.flags.isolated else ()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *isolated,
        *_PROGRAM,
        str(path.absolute()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        text = json.dumps(list(requests)).encode()
        # `asyncio.wait_for` of Python 3.11 goes on where it is cancelled just as its end comes.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_S):
                await process.communicate(text)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
