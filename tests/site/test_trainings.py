"""Trainings of a module on its pages: what scripts of strangers told, drawn and held apart."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from deepcat_site.views import curves, trainings

NAME = "leaf-finder"


def training(number: int, **more: Any) -> dict[str, Any]:
    """A record's plain data, with curves of a script that learns."""
    rate = 0.001 * (number + 1)
    steps = range(1, 21)
    loss = [[n, n * 2.0, math.exp(-n * rate * 40) + 0.01] for n in steps]
    accuracy = [[n, n * 2.0, 1 - math.exp(-n * rate * 60)] for n in steps]
    data = {
        "module": NAME,
        "version": "1.0.0",
        "deployment": "learn",
        "state": "ended",
        "began": f"2026-11-{number % 28 + 1:02}T10:00:00+00:00",
        "seconds": 41.25 + number,
        "inputs": {"lr": rate, "epochs": 20, "kind": "plain"},
        "metrics": {"loss": {"last": loss[-1][2]}, "accuracy": {"last": accuracy[-1][2]}},
        "hardware": {"cpu": "A processor", "cores": 2, "memory_MB": 4096, "cards": []},
        "output": [{"path": "model.tar.gz", "bytes": 5213, "sha256": "0" * 64}],
        "curves": {"loss": {"points": loss}, "accuracy": {"points": accuracy}},
        "attempts": [{}],
    }
    return data | more


def ids(count: int) -> list[str]:
    return [f"{n:012x}" for n in range(1, count + 1)]


def test_each_has_a_page_with_what_it_was_given_and_came_to(
    tmp_path: Path, site_tools: Any
) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    (one,) = ids(1)
    site_tools.make(root, out, trainings={one: training(0, cloud="uni", shape="gpu")})
    page = (out / f"modules/{NAME}/trainings/{one}/index.html").read_text()
    assert page.count('<svg class="curve"') == 2
    for words in ("uni gpu", "model.tar.gz", "5.2 kB", "epochs", "A processor", "41.2 s"):
        assert words in page, words
    told = json.loads((out / f"modules/{NAME}/trainings/{one}/curves.json").read_text())
    assert len(told["loss"]) == 20 and told["loss"][0][0] == 1
    assert f"trainings/{one}/" in (out / f"modules/{NAME}/trainings/index.html").read_text()


def test_only_what_changed_is_made_anew(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    first, second = ids(2)
    known = {first: training(0), second: training(1, state="running")}
    site_tools.make(root, out, trainings=known)
    page = out / f"modules/{NAME}/trainings/{first}/index.html"
    before = page.stat().st_mtime_ns
    site_tools.make(root, out, trainings=known | {second: training(1)})
    assert page.stat().st_mtime_ns == before
    assert "ended well" in (out / f"modules/{NAME}/trainings/{second}/index.html").read_text()
    site_tools.make(root, out, trainings={second: training(1)})
    assert not page.exists()


def test_what_a_script_forges_is_text_and_finite_numbers(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    (one,) = ids(1)
    evil = "<script>alert(1)</script>"
    points = [[1, 0, 0.5], [2, 1, float("nan")], [3, 2, float("inf")], ["x"], None, [4, 3, 1e308]]
    bad = training(
        0,
        message=f"\x1b[31m{evil}",
        inputs={evil: evil},
        metrics={evil: {"last": 1}, "nan": {"last": float("nan")}, "text": {"last": "9"}},
        curves={evil: {"points": points}, "__proto__": {"points": [[1, 0, 2]]}},
        output=[{"path": f"../../{evil}", "bytes": "many"}],
        proposal={"address": "javascript:alert(1)"},
    )
    site_tools.make(root, out, trainings={one: bad, "../evil": training(1), "0" * 13: training(2)})
    folder = out / f"modules/{NAME}/trainings"
    page = (folder / f"{one}/index.html").read_text()
    assert evil not in page and "\x1b" not in page and "javascript:" not in page
    assert "nan" not in page.partition("<main")[2].lower().replace("tenant", "")
    assert sorted(path.name for path in folder.iterdir()) == [one, "all.json", "index.html"]
    told = json.loads((folder / one / "curves.json").read_text())
    assert told[evil] == [[1, 0.5]]


def test_many_are_on_pages_and_the_list_of_all_is_small(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    many = {each: training(n) for n, each in enumerate(ids(120))}
    site_tools.make(root, out, trainings=many)
    folder = out / f"modules/{NAME}/trainings"
    first = (folder / "index.html").read_text()
    assert first.count('name="compare"') == 50
    assert "page 1 of 3" in first and 'rel="next"' in first
    assert (folder / "page/3/index.html").read_text().count('name="compare"') == 20
    told = json.loads((folder / "all.json").read_text())
    assert len(told["id"]) == 120 and set(told["metrics"]) == {"loss", "accuracy"}
    assert told["began"] == sorted(told["began"], reverse=True)


def test_a_curve_of_one_value_and_of_equal_ones_is_drawn() -> None:
    for values in ([0.0], [2.0, 2.0], [-1.0, 5.0], [1e-9, 1e9]):
        points = [curves.Point(n, value) for n, value in enumerate(values)]
        log = curves.is_logarithmic(values)
        drawn = str(curves.curve("loss", points, "a curve", logarithmic=log))
        assert "nan" not in drawn.lower() and "inf" not in drawn.lower()
        assert drawn.count("curve-grid") >= 1


def test_ticks_are_round_and_few() -> None:
    assert curves.ticks(0, 1, logarithmic=False) == [0, 0.25, 0.5, 0.75, 1]
    assert curves.ticks(0.001, 10, logarithmic=True) == [0.001, 0.01, 0.1, 1, 10]
    for low, high in ((0.1, 0.9), (-3, 17), (1e5, 1.2e5)):
        found = curves.ticks(low, high, logarithmic=False)
        assert 2 <= len(found) <= 5 and found[0] >= low and found[-1] <= high


def test_columns_are_what_most_trainings_have() -> None:
    rows = [trainings.row(each, training(n)) for n, each in enumerate(ids(3))]
    odd = trainings.row("f" * 12, training(4, metrics={"odd": {"last": 1}}))
    metrics, inputs = trainings.columns([*rows, odd])
    assert metrics == ["accuracy", "loss", "odd"]
    assert inputs == ["epochs", "kind", "lr"]


def test_a_module_shows_its_newest_trainings(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    many = {each: training(n) for n, each in enumerate(ids(8))}
    site_tools.make(root, out, trainings=many)
    page = (out / f"modules/{NAME}/index.html").read_text()
    assert page.count('href="trainings/0') == 5
    assert 'href="trainings/"' in page
    site_tools.make(root, out, trainings=many | {ids(9)[-1]: training(20)})
    assert f"trainings/{ids(9)[-1]}/" in (out / f"modules/{NAME}/index.html").read_text()
    assert "trainings/" not in (out / "modules/wave-reader/index.html").read_text()
