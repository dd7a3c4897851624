"""Which queue a message waits in, told by its model's name."""

from __future__ import annotations

import pytest

from deepcat.serving.contract.protos import predict_pb2
from deepcat.serving.server.admission import NO_MODEL
from deepcat.serving.server.lanes import in_message


@pytest.mark.parametrize(
    ("name", "lane"),
    [
        ("half", "half"),
        ("other", NO_MODEL),
        ("x" * 1024, "x" * 1024),
        ("x" * 1025, NO_MODEL),
    ],
)
def test_the_lane_of_a_message(name: str, lane: str) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    served = {"half", "x" * 1024, "x" * 1025}
    assert in_message(request.SerializeToString(), 1, served) == lane
