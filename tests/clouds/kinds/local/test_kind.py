"""What the kind `local` answers, without anything being begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Means
from deepcat.clouds.registry import kind_of

HERE = Cloud("here", "clouds/here.yaml", "local", {"address": "127.0.0.9"})


def test_a_deployment_lies_below_the_catalog(tmp_path: Path) -> None:
    reach = kind_of(HERE).reach(HERE, Means(tmp_path), "demo", "host")
    assert Path(reach.place).is_relative_to(tmp_path)
    assert Path(reach.place).name == "demo"
    assert reach.address == "127.0.0.9"
    bare = Cloud("here", "clouds/here.yaml", "local", {})
    assert kind_of(bare).reach(bare, Means(tmp_path), "demo", "host").address == "127.0.0.1"


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ({"msg": "[Errno 28] No space left on device: '/x'"}, "run/disk-full"),
        ({"stderr": "OSError: Cannot allocate memory"}, "run/memory"),
        ({"msg": "it is broken"}, None),
        ({}, None),
    ],
)
def test_a_full_machine_is_no_mistake_of_the_module(
    result: dict[str, str], code: str | None
) -> None:
    found = kind_of(HERE).failure(result, False)
    assert (found and found.code) == code
    assert found is None or found.kind is FailureKind.CAPACITY


def test_logs_are_the_last_lines_of_each_file(tmp_path: Path) -> None:
    place = tmp_path / ".deepcat" / "local" / "demo"
    place.mkdir(parents=True)
    for name in ("a", "b"):
        (place / name).write_text("".join(f"{name}{n}\n" for n in range(5)))
    resources = {"logs": [str(place / "a"), str(place / "b"), str(place / "none")]}
    lines = kind_of(HERE).logs(HERE, "demo", "host", resources, Means(tmp_path), 2, False)
    assert list(lines) == ["a3", "a4", "b3", "b4"]


def test_nothing_runs_where_nothing_lies(tmp_path: Path) -> None:
    listing = kind_of(HERE).observe([HERE], Means(tmp_path))
    assert listing.found == ()
    assert listing.machine
