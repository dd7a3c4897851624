"""Bodies of predictions that do not fit the signature's number of inputs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("element", [1, [1], {"b64": "YWJj"}])
def test_a_plain_list_is_for_one_input(element: Any) -> None:
    from deepcat.serving.contract import dtypes
    from deepcat.serving.contract.decode import predict_body
    from deepcat.serving.contract.status import Code, ServingError

    types = dict.fromkeys(("a", "b"), dtypes.STRING)
    with pytest.raises(ServingError, match="expecting list of objects as multiple") as error:
        predict_body(orjson.dumps({"instances": [element]}), lambda _: types)
    assert error.value.code is Code.INVALID_ARGUMENT
