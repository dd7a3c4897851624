"""Trainings of a module on its pages: what scripts of strangers told, drawn and held apart."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from deepcat.records.trainings import Training
from deepcat_site.text import load
from deepcat_site.views import curves, trainings
from deepcat_site.views.plots import shown

NAME = "leaf-finder"


def curves_of(number: int) -> dict[str, list[list[float]]]:
    """Of a script that learns."""
    rate = 0.001 * (number + 1)
    steps = range(1, 21)
    loss = [[n, n * 2.0, math.exp(-n * rate * 40) + 0.01] for n in steps]
    accuracy = [[n, n * 2.0, 1 - math.exp(-n * rate * 60)] for n in steps]
    return {"loss": loss, "accuracy": accuracy}


def training(number: int, **more: Any) -> Training:
    """A record of one that ended well."""
    last = {name: points[-1][2] for name, points in curves_of(number).items()}
    data = {
        "training": ids(number + 1)[-1],
        "module": NAME,
        "version": "1.0.0",
        "deployment": "learn",
        "state": "ended",
        "began": f"2026-11-{number % 28 + 1:02}T10:00:00+00:00",
        "seconds": 41.25 + number,
        "inputs": {"lr": 0.001 * (number + 1), "epochs": 20, "kind": "plain"},
        "metrics": last,
        "hardware": {"cpu": "A processor", "cores": 2, "memory_MB": 4096, "cards": []},
        "output": ({"path": "model.tar.gz", "bytes": 5213, "sha256": "0" * 64},),
    }
    return Training(**data | more)


def given(*trainings: Training, **curves: Any) -> dict[str, Any]:
    """What the build is given of some."""
    numbers = {each.training: int(each.training, 16) - 1 for each in trainings}

    def read(blobs: Any) -> Any:
        own = {f"blob-{n}": curves_of(n) for n in numbers.values()}
        return {blob: curves.get("curves") or own[blob] for blob in blobs}

    return {
        "trainings": {each.training: each for each in trainings},
        "curve_ids": {name: f"blob-{n}" for name, n in numbers.items()},
        "curves": read,
    }


def ids(count: int) -> list[str]:
    return [f"{n:012x}" for n in range(1, count + 1)]


def test_each_has_a_page_with_what_it_was_given_and_came_to(
    tmp_path: Path, site_tools: Any
) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    (one,) = ids(1)
    energy = {
        "kWh": 0.0314, "measured_kWh": 0.02, "from": ["nvidia-smi", "estimate"],
        "carbon_kg": 0.0063, "carbon_g_per_kWh": 200.0, "grid": "stated",
    }  # fmt: skip
    data = {"digits": {"address": "datasets/d.csv", "digest": "ab" * 32}, "odd": "<b>"}
    more = {"cloud": "uni", "shape": "gpu", "energy": energy, "data": data}
    site_tools.make(root, out, **given(training(0, **more)))
    page = (out / f"modules/{NAME}/trainings/{one}/index.html").read_text()
    assert page.count('<svg class="curve"') == 2
    assert "datasets/d.csv (abababababab)" in page and "&lt;b&gt;" in page
    for words in ("uni gpu", "model.tar.gz", "5.2 kB", "epochs", "A processor", "41.2 s"):
        assert words in page, words
    crate = json.loads((out / f"modules/{NAME}/trainings/{one}/ro-crate-metadata.json").read_text())
    made = [each for each in crate["@graph"] if each.get("sha256") == "0" * 64]
    assert made and made[0]["wasGeneratedBy"] == {"@id": f"#training-{one}"}
    assert 'href="ro-crate-metadata.json"' in page
    assert "0.0314 kWh" in page and "partly measured, the rest estimated" in page
    assert "6.3 g" in page and "estimated at 200 g/kWh, as the catalog states" in page
    told = json.loads((out / f"modules/{NAME}/trainings/{one}/curves.json").read_text())
    assert len(told["loss"]) == 20 and told["loss"][0][0] == 1
    assert f"trainings/{one}/" in (out / f"modules/{NAME}/trainings/index.html").read_text()


def test_one_leads_to_the_form_that_trains_with_its_inputs_again(
    tmp_path: Path, site_tools: Any
) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    file = root / f"modules/{NAME}/module.yaml"
    file.write_text(file.read_text() + "training: {command: python train.py}\n")
    made = training(0, inputs={"lr": 0.1, "note": "a&b=<c>"}, failure={"hint": "Say `more`."})
    site_tools.make(root, out, **given(made))
    page = (out / f"modules/{NAME}/trainings/{ids(1)[0]}/index.html").read_text()
    asked = (
        f"deploy/?module={NAME}&amp;profile=train&amp;input.lr=0.1&amp;input.note=a%26b%3D%3Cc%3E"
    )
    assert asked in page and "Say <code>more</code>." in page
    assert "Inputs other than usual" in (out / f"modules/{NAME}/index.html").read_text()


def test_only_what_changed_is_made_anew(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    first, second = ids(2)
    site_tools.make(root, out, **given(training(0), training(1, state="running")))
    page = out / f"modules/{NAME}/trainings/{first}/index.html"
    before = page.stat().st_mtime_ns
    site_tools.make(root, out, **given(training(0), training(1)))
    assert page.stat().st_mtime_ns == before
    assert "ended well" in (out / f"modules/{NAME}/trainings/{second}/index.html").read_text()
    site_tools.make(root, out, **given(training(1)))
    assert not page.exists()


def test_what_a_script_forges_is_text_and_finite_numbers(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    (one,) = ids(1)
    evil = "<script>alert(1)</script>"
    points = [[1, 0, 0.5], [2, 1, float("nan")], [3, 2, float("inf")], [4, 3, 1e308]]
    bad = training(
        0,
        message=f"\x1b[31m{evil}",
        inputs={evil: evil},
        metrics={evil: 1, "nan": float("nan"), "text": "9"},
        output=({"path": f"../../{evil}", "bytes": "many"},),
        energy={"kWh": 1, "carbon_kg": 1, "from": [evil], "grid": evil, "carbon_g_per_kWh": evil},
        proposal={"address": "javascript:alert(1)"},
    )
    forged = {evil: points, "__proto__": [[1, 0, 2]]}
    site_tools.make(root, out, **given(bad, curves=forged))
    folder = out / f"modules/{NAME}/trainings"
    page = (folder / f"{one}/index.html").read_text()
    assert evil not in page and "\x1b" not in page and "javascript:" not in page
    assert "nan" not in page.partition("<main")[2].lower().replace("tenant", "")
    assert sorted(path.name for path in folder.iterdir()) == [one, "all.json", "index.html"]
    told = json.loads((folder / one / "curves.json").read_text())
    assert told[evil] == [[1, 0.5]]


def test_many_are_on_pages_and_the_list_of_all_is_small(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    site_tools.make(root, out, **given(*map(training, range(120))))
    folder = out / f"modules/{NAME}/trainings"
    first = (folder / "index.html").read_text()
    assert first.count('name="compare"') == 50
    assert "page 1 of 3" in first and 'rel="next"' in first
    assert (folder / "page/3/index.html").read_text().count('name="compare"') == 20
    told = json.loads((folder / "all.json").read_text())
    assert len(told["id"]) == 120 and set(told["metrics"]) == {"loss", "accuracy"}
    assert told["began"] == sorted(told["began"], reverse=True)


def test_a_metric_of_one_value_has_no_picture() -> None:
    one = {"accuracy": [curves.Point(0, 0.9)]}
    assert trainings.drawn(one, Any) == []


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
    rows = [trainings.row(training(n)) for n in range(3)]
    odd = trainings.row(training(4, metrics={"odd": 1}))
    metrics, inputs = trainings.columns([*rows, odd])
    assert metrics == ["accuracy", "loss", "odd"]
    assert inputs == ["epochs", "kind", "lr"]
    many = [trainings.row(training(n)) for n in range(9)]
    assert trainings.columns([*many, odd])[0] == ["accuracy", "loss"]


def test_inputs_that_are_not_the_usual_ones_are_told() -> None:
    declared = {"lr": {"type": "number", "default": 0.001}, "epochs": {"type": "integer"}}
    told = trainings.unusual(trainings.row(training(0)), {"training": {"inputs": declared}})
    assert told == "epochs 20, kind plain"
    assert trainings.unusual(trainings.row(training(1)), {}) == "lr 0.002, epochs 20, kind plain"
    assert trainings.unusual(trainings.row(training(0, inputs={"lr": 0.001})), {"training": 5})
    usual = training(0, inputs={"lr": 0.001})
    assert trainings.unusual(trainings.row(usual), {"training": {"inputs": declared}}) == ""


def test_a_module_shows_its_newest_trainings(tmp_path: Path, site_tools: Any) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    many = [*map(training, range(8))]
    site_tools.make(root, out, **given(*many))
    page = (out / f"modules/{NAME}/index.html").read_text()
    assert page.count('href="trainings/0') == 5
    assert 'href="trainings/"' in page
    site_tools.make(root, out, **given(*many, training(8)))
    assert f"trainings/{ids(9)[-1]}/" in (out / f"modules/{NAME}/index.html").read_text()
    assert "trainings/" not in (out / "modules/wave-reader/index.html").read_text()


def test_trainings_of_a_sweep_stand_together_and_the_best_is_named(
    tmp_path: Path, site_tools: Any
) -> None:
    root, out = site_tools.write_catalog(tmp_path / "c"), tmp_path / "out"
    evil = '"><script>alert(1)</script>'
    swept = [training(n, sweep="5e1f", metric="accuracy") for n in range(3)]
    odd = training(3, sweep=evil, metric="nobody")
    site_tools.make(root, out, **given(*swept, odd, training(4)))
    folder = out / f"modules/{NAME}/trainings"
    page = (folder / "index.html").read_text()
    assert page.count('?sweep=5e1f"') == 1 and "Trainings: 3." in page
    best = f'The best: <a class="mono" href="../../../modules/{NAME}/trainings/{ids(3)[-1]}/">'
    assert best in " ".join(page.split())
    assert "<script>alert" not in page
    told = json.loads((folder / "all.json").read_text())
    assert sorted(told["sweep"]) == sorted(["", "5e1f", "5e1f", "5e1f", evil])
    assert told["by"] == {"5e1f": ["accuracy", True], evil: ["nobody", True]}
    assert "?sweep=5e1f" in (folder / ids(1)[0] / "index.html").read_text()


def test_a_version_says_what_made_it_and_whether_it_could_be_made_again() -> None:
    run = {"id": ids(1)[0], "from": "0.9.0"}
    module: Any = SimpleNamespace(name=NAME, version="1.0.0", data={"training": {"run": run}})
    again = {
        "version": "1.0.0",
        "verdict": "samples",
        "at": "2026-11-02",
        "hardware": {"cpu": "<b>"},
    }
    rows = [trainings.row(training(0, reproduced=again))]
    assert trainings.origin(module, rows) == (
        ids(1)[0],
        True,
        "0.9.0",
        "samples",
        "2026-11-02",
        "",
        "<b>",
    )
    there = {"cloud": "rack", "shape": "one", "cpu": "EPYC"}
    row = trainings.row(training(0, reproduced=again | {"hardware": there}))
    told = trainings.origin(module, [row])
    assert told is not None and (told.cloud, told.on) == ("rack", "rack/one, EPYC")
    older = trainings.row(training(0, reproduced=again | {"version": "0.9.0"}))
    assert trainings.origin(module, [older]) == (ids(1)[0], True, "0.9.0", "", "", "", "")
    run["id"] = "../../evil"
    assert trainings.origin(module, []) is None


def test_why_one_failed_is_a_sentence() -> None:
    why = {"detail": "status 1", "last": ["read", "the rate is too high"], "hint": "see it"}
    assert (
        trainings.row(training(0, failure=why)).failure == "status 1: the rate is too high; see it"
    )


def test_a_page_shows_what_it_drew_and_says_it_in_a_table() -> None:
    lies = {"number": 4, "mean": 0.125, "deviation": 0.7, "low": -1, "median": 0.5, "high": 1}
    told = {
        "confusion": {
            "classes": 2, "right": 17, "total": 20, "labels": ["cat", "<b>dog"],
            "counts": ["9 1", "2 8"],
        },
        "residuals": {**lies, "first": -1, "last": 1, "bars": [1] * 4 + [0] * 17},
    }  # fmt: skip
    found = shown(told, load())
    assert found.right == "17 of 20 right (85.0%)."
    assert [
        [(each.times, each.heat, each.is_right) for each in row] for _, row in found.matrix
    ] == [
        [("9", 5, True), ("1", 1, False)],
        [("2", 1, False), ("8", 4, True)],
    ]
    assert found.residuals is not None
    assert found.residuals.count("<rect") == 21
    assert 'aria-label="4 residuals from' in found.residuals
    assert dict(found.numbers)["median"] == "0.5"
    assert shown({}, load()) == shown({"confusion": "x"}, load())
