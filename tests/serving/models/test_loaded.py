"""What is done with a model before it is asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.mark.tensorflow
@pytest.mark.parametrize("engine", ["native", "python"])
def test_a_variable_that_is_not_restored_gets_the_value_of_its_twin(
    models: Path, start_server: Callable[..., Any], engine: str
) -> None:
    server = start_server("--model", f"m={models / 'unrestored'}", "--engine", engine)
    answer = server.predict("m", {"instances": [[1.0], [3.0]]})
    assert answer.json == {"predictions": [[2.5], [3.5]]}


@pytest.mark.tensorflow
def test_constants_across_functions_are_put_together_as_tensorflow_does(
    models: Path, native: Any
) -> None:
    from deepcat.serving.models import inference
    from deepcat.serving.models.loading import load

    with np.load(models / "nested" / "held.npz") as held:
        servable = load(native, "nested", 1, models / "nested" / "1")
        found = inference.predict(servable, "", {"x": held["asked"]})
        servable.retire()
        assert found["y"].tobytes() == held["answered"].tobytes()


@pytest.mark.tensorflow
def test_warm_up_requests_are_sent_before_others(
    models: Path, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    cut = tmp_path / "cut" / "1"
    shutil.copytree(models / "warmed" / "1", cut)
    record = cut / "assets.extra" / "tf_serving_warmup_requests"
    os.truncate(record, record.stat().st_size - 1)
    server = start_server("--model", f"m={models / 'warmed'}", "--model", f"cut={cut}")
    body = {"signature_name": "get_counter", "inputs": {}}
    # A signature without inputs cannot be asked by REST; the counter's next value tells.
    body = {"signature_name": "incr_counter_by", "inputs": {"delta": 1.0}}
    assert server.predict("m", body).json == {"outputs": 6.0}
    (status,) = server.ask("GET", "/v1/models/cut").json["model_version_status"]
    assert (status["state"], status["status"]["error_code"]) == ("END", "DATA_LOSS")
