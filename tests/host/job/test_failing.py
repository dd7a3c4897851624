"""What helps a training that failed, by how it ended and what it said last."""

from __future__ import annotations

import pytest

from deepcat.host.job.end import End
from deepcat.host.job.failing import failure


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("ModuleNotFoundError: No module named 'sklearn.svm'", "no `sklearn` is where it ran: "),
        ("ImportError: No module named 'numpy'", "no `numpy` is where it ran: "),
        ("ModuleNotFoundError: No module named '`x`'", "see what it said last"),
        ("ValueError: 3", "see what it said last"),
    ],
)
def test_a_package_that_is_not_there_is_named(said: str, hint: str) -> None:
    found = failure(End("", 1), ["Traceback (most recent call last):", said], 20, 0, "")
    assert found["code"] == "job/exit" and found["hint"].startswith(hint)
    assert found["detail"].endswith(said)
