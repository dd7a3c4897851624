"""Where what chooses its own ports listens by now."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.loop.observation import moved

AT = {"address": "node7", "rest": 31_001, "grpc": 31_002}
SIX = {"address": "fd00::7", "rest": 1, "grpc": 2}


@pytest.mark.parametrize(
    ("programs", "listens", "found"),
    [
        ([], {}, {}),
        (["d~server~1"], {}, {}),
        (["d~s~1"], {"d~s~1": AT}, {"rest": "http://node7:31001", "grpc": "node7:31002"}),
        (["d~s~1"], {"d~s~1": SIX}, {"rest": "http://[fd00::7]:1", "grpc": "[fd00::7]:2"}),
        # What must still prove itself listens, too, and is nobody's endpoint yet.
        (["d~server~1"], {"d~server~2": SIX}, {}),
        (
            ["d~a~1", "d~b~4"],
            {"d~a~1": AT, "d~b~4": SIX},
            {"a-rest": "http://node7:31001", "a-grpc": "node7:31002",
             "b-rest": "http://[fd00::7]:1", "b-grpc": "[fd00::7]:2"},
        ),
    ],
)  # fmt: skip
def test_its_endpoints_are_where_its_programs_say(
    programs: list[str], listens: dict[str, Any], found: dict[str, str]
) -> None:
    assert moved(programs, listens) == found
    by_tls = moved(programs, listens, by_tls=True)
    assert {at.startswith("https://") for at in by_tls.values()} == {True} - {not found}


def test_a_notebook_is_where_its_job_says_with_its_prefix() -> None:
    program = "d~notebook~1~notebook"
    assert moved([program], {program: AT}) == {"notebook": "http://node7:31001/n/d/"}
    assert moved([program], {"d~notebook~2~notebook": AT}) == {}
    two = {"d~a~1~notebook": AT, "d~b~1": SIX}
    assert moved(sorted(two), two) == {
        "a-notebook": "http://node7:31001/n/d/",
        "b-rest": "http://[fd00::7]:1", "b-grpc": "[fd00::7]:2",
    }  # fmt: skip
