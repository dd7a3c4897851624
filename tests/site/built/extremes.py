"""Modules that use up what their format allows, or nothing of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from deepcat.records.trainings import Training

WORD = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichen"
LONG_NAME = (WORD.lower() * 2)[:63]
BASE: dict[str, Any] = {
    "apiVersion": "deepcat/v1",
    "version": "1.0.0",
    "title": "Bare",
    "summary": "Bare.",
    "description": "Words.",
    "links": {"source_code": "https://example.org/x"},
    "libraries": [],
    "tasks": [],
    "categories": [],
    "tags": [],
}


def long(size: int) -> str:
    """One word of so many letters."""
    return (WORD * (size // len(WORD) + 1))[:size]


def sample(name: str, given: Any, answered: Any) -> dict[str, Any]:
    request, response = {"instances": [given]}, {"predictions": [answered]}
    return {"name": name, "method": "predict", "request": request, "response": response}


def metric(dataset: str, split: str, name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"dataset": dataset, "split": split, "name": name, "value": value, **more}


MODULES: dict[str, dict[str, Any]] = {
    "bare": {},
    LONG_NAME: {
        "title": long(120),
        "summary": long(400),
        "description": long(3000),
        "version": f"1.0.0-{long(90)}",
        "tags": [f"{number:02d}{long(58)}" for number in range(50)],
        "license": "Apache-2.0 OR MIT OR GPL-3.0-or-later OR BSD-3-Clause OR CC-BY-SA-4.0",
        "authors": [{"name": long(200), "affiliation": long(300)}],
        "tasks": ["Natural Language Processing"],
        "resources": {"inference": {"cpu": 100_000, "gpu": 64, "memory_MB": 99_999_999}},
        "samples": [
            sample(long(120), [1.0] * 300, {f"a{long(60)}": 1.0, "b": [0.1] * 64}),
            sample("text", long(4000), long(4000)),
        ],
        "metrics": [
            metric(long(200), long(60), long(80), 123456789.123456, unit=long(40)),
            metric(long(200), long(60), "accuracy", 0.5, interval={"low": 1e-12, "high": 1e15}),
        ],
        "changes": [
            {
                "version": f"1.0.0-{long(90)}",
                "date": "2026-01-01",
                "kind": "fixed",
                "text": long(2000),
            }
        ],
    },
    "arabic": {
        "title": "مصنف الأرقام المكتوبة بخط اليد",
        "summary": "يقرأ رقماً مكتوباً بخط اليد من صورة.",
        "description": "شبكة عصبية صغيرة.\n\n- أولاً\n- ثانياً\n",
        "tags": ["أرقام"],
        "authors": [{"name": "محمد بن موسى الخوارزمي", "affiliation": "بيت الحكمة"}],
        "license": "MIT",
        "metrics": [metric("مجموعة الأرقام", "اختبار", "accuracy", 0.97)],
        "samples": [sample("جملة", "مرحبا بالعالم", "سلام")],
        "deprecated": {"since": "2026-02-01", "reason": "لم يعد مدعوماً."},
    },
    "chinese": {
        "title": "手写数字识别模型用于从八乘八灰度图像中读取单个数字并给出每个数字的概率" * 3,
        "summary": "这是一个小型卷积神经网络它读取手写的单个数字并给出每个数字的概率" * 12,
        "authors": [{"name": "山田太郎"}],
        "license": "MIT",
    },
    "marked": {
        "title": '<b>Bold</b> & "it\'s" </title>',
        "summary": "a < b && c > d; <img src=x> *not* `code` [x](y)",
        "tags": ["<i>", "a&b", "C++", "#1", "50%", "a/b", "..", "?q=1"],
        "authors": [{"name": "<b>Ada</b> & Söhne"}, {"name": 'O\'Neil, "Bob"'}],
        "license": "MIT",
        "samples": [sample("<s>", "<script>alert(1)</script>", "</pre><b>")],
        "metrics": [
            metric("<b>x</b> & y", "<i>", "<u>accuracy</u>", -0.0001, higher_is_better=False),
            metric("d", "s", "accuracy", 1.7),
        ],
    },
    "many": {
        "title": "Many of everything",
        "tags": [f"tag {number}" for number in range(50)],
        "authors": [{"name": f"Author {n}", "affiliation": f"Place {n % 7}"} for n in range(300)],
        "license": "MIT",
        "samples": [sample(f"sample {n}", [float(n)], [n / 2]) for n in range(100)],
        "metrics": [metric(f"Set {n % 9}", "test", f"metric_{n}", n * 1.1) for n in range(90)],
        "data-type": ["Image", "Text", "Time Series", "Tabular", "Graph", "Audio", "Video"],
    },
    "one": {
        "title": "One of everything",
        "tags": ["1"],
        "license": "MIT",
        "authors": [{"name": "Ada"}],
        "samples": [sample("one", 1.0, 1.0)],
        "metrics": [metric("d", "s", "accuracy", 0.5)],
    },
}
READMES = {
    LONG_NAME: f"# {long(300)}\n\n## {long(300)}\n\n{long(3000)}\n\n| a | b |\n|---|---|\n"
    f"| {long(300)} | {long(300)} |\n\n```\n{long(2000)}\n```\n\n`{long(500)}`\n\n> {long(500)}\n",
    "arabic": "# مصنف\n\nنص بالعربية مع English وسط الجملة.\n\n1. واحد\n2. اثنان\n\n> اقتباس\n",
    "chinese": "# 花の分類\n\n" + "このモデルは花を分類します" * 60 + "。\n",
    "many": "# Many\n\n" + "".join(f"## Heading {number}\n\nText.\n\n" for number in range(60)),
}
COLLECTION = {
    "apiVersion": "deepcat/v1",
    "title": long(100),
    "description": long(300),
    "modules": ["half-plus-two", LONG_NAME, "arabic"],
    "compare": True,
}


def document(name: str, said: Mapping[str, Any]) -> str:
    """A `module.yaml` that says this besides what it must."""
    return yaml.safe_dump(BASE | {"name": name} | said, allow_unicode=True, sort_keys=False)


def trainings() -> list[Training]:
    """Trainings of a module whose script told as much as it may, or hardly anything."""
    many = {f"{number:02d}{long(60)}": number / 7 for number in range(50)}
    of = {"module": "half-plus-two", "version": "1.0.0"}
    base = Training("0" * 12, "learn", began="2026-11-02T10:00:00+00:00", **of)
    arabic = "دقة النموذج تتحسن ببطء <b>شديد</b> "
    given = {
        "state": "failed",
        "failure": {"detail": long(2000), "hint": f"`{long(300)}`"},
        "metrics": many,
        "inputs": {name: long(300) for name in many},
        "deployment": LONG_NAME,
        "cloud": LONG_NAME[:40],
        "shape": long(60),
        "hardware": {"cpu": long(200), "cards": [long(60)] * 8, "memory_MB": 10**9},
        "commit": "c" * 40,
        "lock": "d" * 64,
        "seed": 10**18,
        "peak_MB": 123456.0,
    }
    piece = {"path": "/".join([long(60)] * 9), "bytes": 123_456_789, "sha256": "0" * 64}
    again = {
        "version": "1.0.0",
        "verdict": "differs",
        "at": "2026-11-02",
        "hardware": {"cpu": arabic},
    }
    swept = {"sweep": "s", "metric": "loss", "state": "ended", "seconds": 1e9}
    made = (
        given,
        {"state": "running", "message": arabic * 9, "progress": 0.3, "attempt": 4, "cost": 1e7},
        {**swept, "inputs": {"lr": 0.1, "kind": arabic}, "metrics": {"loss": 1e300}},
        {**swept, "inputs": {"lr": 0.2}, "metrics": {"loss": 1e-300}, "output": (piece,) * 3},
        {"state": "waiting", "began": "", "reproduced": again},
    )
    return [replace(base, training=f"{n:012x}", **more) for n, more in enumerate(made, 1)]


def write(root: Path) -> None:
    """Put them into a catalog, with a cloud, a deployment and a collection of long names."""
    for name, said in MODULES.items():
        (root / "modules" / name).mkdir()
        (root / "modules" / name / "module.yaml").write_text(document(name, said))
        if name in READMES:
            (root / "modules" / name / "README.md").write_text(READMES[name])
    cloud = (root / "clouds/local.yaml").read_text()
    name = LONG_NAME[:40]
    (root / f"clouds/{name}.yaml").write_text(cloud.replace("name: local", f"name: {name}"))
    wish = "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\nowner: ada\n"
    (root / f"deployments/{LONG_NAME}.yaml").write_text(wish)
    (root / "collections").mkdir(exist_ok=True)
    (root / "collections/long.yaml").write_text(yaml.safe_dump(COLLECTION))


def without_each(whole: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The same document once for each of its keys, without that key."""
    at: Any = whole
    for key in path:
        at = at[key]
    for key, value in at.items():
        less = copy.deepcopy(dict(whole))
        inside: Any = less
        for step in path:
            inside = inside[step]
        del inside[key]
        yield "-".join((*path, key)).replace("_", "-").lower(), less
        if isinstance(value, Mapping) and value:
            yield from without_each(whole, (*path, key))
