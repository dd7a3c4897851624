"""What Keras writes is served as Keras means it; `bench/keras.py` has all layers there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keras_answers import Verdict, compared, config, written

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.slow,
    pytest.mark.xdist_group("keras"),
]

EXPORTED = (
    "Dropout", "GRU", "Normalization", "Conv2D", "MultiHeadAttention", "TextVectorization", "LSTM",
)  # fmt: skip
SAVED = ("Dropout", "BatchNormalization", "Normalization", "TimeDistributed")
NAMES = [f"{name}-export" for name in EXPORTED] + [f"{name}-saved" for name in SAVED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("keras")
    said = written(made, NAMES)
    assert [line for line in said if not line.endswith(" written")] == []
    return made


@pytest.fixture(scope="module")
def server(folder: Path, start_server: Callable[..., Any]) -> Any:
    file = folder / "models.config"
    file.write_text(config([folder / name for name in NAMES]))
    return start_server("--config", str(file), "--poll-seconds", "0")


@pytest.mark.parametrize("name", NAMES)
def test_every_way_answers_as_this_process_and_as_keras(
    server: Any, native: Any, folder: Path, name: str
) -> None:
    verdict = compared(server, native, folder / name)
    assert verdict == Verdict(same=True, drawn=False, close=True, exact=verdict.exact)
